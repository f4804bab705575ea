"""Right solutions of the `network` task, written differently: notebooks/<name>.py, full marks for each."""

from pathlib import Path

NOTEBOOKS = Path(__file__).parent / "notebooks"

VARIANTS: dict[str, str] = {
    "adam_sklearn_report": "modules created inside forward, Adam, loss in a DataFrame, classification report",
    "amp_autocast": "mixed precision and gradient scaler where there is CUDA, 4 loader workers",
    "archive_by_hand": "cifar-10-python.tar.gz fetched, unpacked and unpickled, TensorDataset",
    "batchnorm_dropout": "batch norm after each convolution, dropout, rate decay: 1,191,490 parameters",
    "bias_free_batchnorm": "no bias before batch norm, dropout before ReLU: 1,191,330 parameters",
    "clamp_relu": "clamp(min=0) for ReLU, convolutions unpacked from a generator, net.zero_grad()",
    "closure_step": "optimizer.step(closure), layers in ModuleDicts",
    "config_list_builder": "layers built from a list of tuples, momentum",
    "crop_flip_augmentation": "28 x 28 random crop and flip, pool3 with ceil_mode; French",
    "crops_in_network": "crops, flips and standardisation as first modules of the network",
    "double_fetched_ahead": "double precision, batches fetched ahead, fc4 and fc5 as einsum; LogSoftmax last; French",
    "explicit_zero_pad": "ZeroPad2d and F.pad before convolutions without padding",
    "factory_sequential": "function that returns nested Sequentials, one pass function for both splits",
    "features_classifier_helpers": "two global Sequentials joined late, two parameter groups",
    "forward_called_directly": "model.forward(x) and layer.forward(x) everywhere, evaluation in NumPy",
    "fully_convolutional": "fc4 as a 4 x 4 convolution, fc5 as a 1 x 1 convolution, then flatten",
    "functional_forward": "F.relu and F.max_pool2d, zero_grad after the forward pass; French",
    "gradient_accumulation": "gradients of two batches of 64 added before each step, scaled loss",
    "iterator_steps": "next(it) and a number of steps instead of epochs, nested Sequentials, no class",
    "lab_report_french": "one function per question, layers called one by one to print shapes; French",
    "label_smoothing": "F.cross_entropy(label_smoothing=0.1), ReLU in place after pooling, self called s",
    "lazy_layers": "LazyConv2d and LazyLinear, one evaluation at the end",
    "log_softmax_nll": "log_softmax in the network with nll_loss, argparse, as PyTorch's MNIST example",
    "manual_sgd": "p -= lr * p.grad without an optimizer",
    "module_list_loop": "ModuleLists walked in forward, tqdm",
    "nesterov_weight_decay": "Nesterov momentum, weight decay, cosine rate, evaluated on both splits; French",
    "no_loader_indexing": "tensors from trainset.data normalised by hand, random indices, no DataLoader",
    "one_cell_sequential": "everything in one cell, one-letter names",
    "one_cycle": "OneCycleLR, gradient clipping, training_step in the model, evaluated before training too",
    "own_dataset": "own Dataset around CIFAR10 that makes tensors with NumPy, confusion matrix",
    "padding_same": "padding='same', blocks from a static method, zero_grad after step",
    "redefined_three_times": "class Net three times: unfinished, two ReLUs missing, right; French",
    "relu_after_pool": "ReLU after max-pooling, one loop over the two phases; French",
    "relu_spellings": "(x + |x|) / 2, x * (x > 0), maximum(x, 0) and Hardtanh(0, inf)",
    "scripted_network": "torch.jit.script, channels last, saved and loaded again",
    "starter_epoch": "the starter script's epoch(data, model, criterion, optimizer=None), adapted; French",
    "textbook_class": "one class, one training loop, test after each epoch",
    "trainer_class": "Trainer with callbacks and a dataclass of settings",
    "tutorial_reloaded": "PyTorch's tutorial: another network reads the trained weights and is tested",
    "typed_modern": "type hints, transforms.v2, stage as a subclass of Sequential, inference_mode",
    "validation_split": "random_split for validation, early stopping, test once at the end",
}


def variant_script(name: str) -> str:
    """The notebook as a script with `# %%` cells."""
    return (NOTEBOOKS / f"{name}.py").read_text(encoding="utf-8")
