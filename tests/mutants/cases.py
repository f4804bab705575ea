"""One defect each: the check in `fails` sees it, every other check of the task passes or is blocked by it.

A mutant is one of the right notebooks of tests/variants with a few characters changed; none crashes.
A last softmax belongs to the loss, so the wrong one is a defect of `training`.
"""

from dataclasses import dataclass

ARCHITECTURE = frozenset({"architecture"})
PARAMETERS = frozenset({"parameters"})
TRAINING = frozenset({"training"})


@dataclass(frozen=True)
class Mutant:
    """notebooks/<name>.py: what is wrong with it, which checks say so, and in what words."""

    description: str
    fails: frozenset[str]  # ids of the checks that fail or give part of the points, consequences left out
    says: str  # regular expression, searched without regard to case in the feedback of those checks


GRADIENTS_KEPT = "zero_grad|gradients?.*(accumulat|add|sum|clear|reset|zero|old|previous)"

MUTANTS: dict[str, Mutant] = {
    "conv1_without_padding": Mutant(
        "conv1 has no padding; fc4 takes the 576 values that remain", ARCHITECTURE, "conv1.*padding"
    ),
    "conv2_padding_one": Mutant(
        "conv2 has padding 1; fc4 takes the 576 values that remain", ARCHITECTURE, "conv2.*padding"
    ),
    "conv2_kernel_three": Mutant(
        "conv2 is 3 x 3 with padding 1: every shape is right", ARCHITECTURE, "conv2.*(kernel|3 ?[x×] ?3)"
    ),
    "all_kernels_three": Mutant(
        "all convolutions are 3 x 3 with padding 1", ARCHITECTURE, "conv1.*(kernel|3 ?[x×] ?3)"
    ),
    "conv1_16_channels": Mutant("conv1 has 16 channels", ARCHITECTURE, "conv1.*(channel|filter|16)"),
    "conv3_32_channels": Mutant(
        "conv3 has 32 channels; fc4 takes 512 values", ARCHITECTURE, "conv3.*(channel|filter|32)"
    ),
    "no_relu_after_conv3": Mutant("no ReLU between conv3 and fc4", ARCHITECTURE, "conv3.*ReLU"),
    "no_relu_after_fc4": Mutant("no ReLU between the two fully-connected layers", ARCHITECTURE, "fc4.*ReLU"),
    "relu_on_logits": Mutant(
        "the scores pass through a ReLU", ARCHITECTURE, "fc5.*ReLU|ReLU.*(fc5|logit|score)"
    ),
    "average_first_pool": Mutant("pool1 averages", ARCHITECTURE, "pool1.*(average|avg)"),
    "average_pooling_everywhere": Mutant("all three poolings average", ARCHITECTURE, "pool1.*(average|avg)"),
    "stride_two_instead_of_pool1": Mutant(
        "conv1 has stride 2 and takes the place of pool1", ARCHITECTURE, "conv1.*stride|pool1"
    ),
    "extra_convolution": Mutant(
        "a fourth convolution after pool3", ARCHITECTURE, "extra|additional|more|too many|conv4"
    ),
    "shared_convolution_twice": Mutant(
        "conv3 is applied a second time after pool3: same parameter count",
        ARCHITECTURE,
        "extra|additional|more|too many|twice|again",
    ),
    "extra_hidden_layer": Mutant(
        "a second hidden layer of 1000", ARCHITECTURE, "extra|additional|more|too many"
    ),
    "fc4_of_500": Mutant("fc4 has 500 outputs", ARCHITECTURE, "fc4.*(500|1000)"),
    "hundred_outputs": Mutant("fc5 has 100 outputs, as for CIFAR-100", ARCHITECTURE, "fc5.*10"),
    "leaky_relu": Mutant("LeakyReLU everywhere instead of ReLU", ARCHITECTURE, "leaky"),
    "sigmoid_activations": Mutant("sigmoid everywhere instead of ReLU", ARCHITECTURE, "sigmoid"),
    "tanh_after_fc4": Mutant("tanh instead of ReLU after fc4", ARCHITECTURE, "fc4.*tanh"),
    "pool3_missing": Mutant("no pooling after conv3; fc4 takes 4096 values", ARCHITECTURE, "pool3"),
    "pools_three_by_three": Mutant(
        "poolings over 3 x 3 with stride 2: every shape is right",
        ARCHITECTURE,
        "pool1.*(kernel|window|3 ?[x×] ?3)",
    ),
    "leftover_layer": Mutant(
        "a fourth convolution is created in __init__ and never called",
        PARAMETERS,
        "conv4|unused|not used|never used|never called",
    ),
    "no_zero_grad": Mutant("gradients are never zeroed", TRAINING, GRADIENTS_KEPT),
    "manual_sgd_keeps_gradients": Mutant(
        "the hand-written SGD never clears the gradients", TRAINING, GRADIENTS_KEPT
    ),
    "zero_grad_of_other_optimizer": Mutant(
        "zero_grad is called on the optimizer of another model", TRAINING, GRADIENTS_KEPT
    ),
    "zero_grad_after_backward": Mutant(
        "zero_grad between backward and step: nothing is learned", TRAINING, "zero|gradient|change|learn|step"
    ),
    "optimizer_of_discarded_network": Mutant(
        "the network is created again after the optimizer, which steps the old one",
        TRAINING,
        "optimi[sz]er|parameters|step|change",
    ),
    "optimizer_of_classifier_only": Mutant(
        "the optimizer holds the classifier's parameters only", TRAINING, "conv|features"
    ),
    "frozen_convolutions": Mutant(
        "the convolutions keep their random weights: requires_grad is False",
        TRAINING,
        "conv|frozen|requires_grad|network\\.[036]",
    ),
    "trained_on_test_split": Mutant(
        "the training loader reads the test split", TRAINING, "train.*test|test.*train"
    ),
    "trained_on_test_split_too": Mutant(
        "the pass over the test split also steps the optimizer", TRAINING, "train.*test|test.*train"
    ),
    "evaluated_on_train_split": Mutant("what is called the test set is the training split", TRAINING, "test"),
    "never_in_eval_mode": Mutant(
        "dropout and batch norm stay in training mode during evaluation", TRAINING, "eval"
    ),
    "never_evaluated": Mutant(
        "the trained network is never applied to test images", TRAINING, "evaluat|test"
    ),
    "labels_permuted_in_batch": Mutant(
        "the images of a batch are shuffled and the labels are not", TRAINING, "label|target"
    ),
    "labels_shifted": Mutant(
        "a target_transform of the training split shifts the labels by one", TRAINING, "label|target"
    ),
    "labels_of_previous_image": Mutant(
        "each training image gets the label of the image before it", TRAINING, "label|target"
    ),
    "loss_on_detached_output": Mutant(
        "the loss is computed on a detached copy of the scores", TRAINING, "detach|graph|gradient|change"
    ),
    "step_never_called": Mutant("backward is called, step never", TRAINING, "step"),
    "softmax_before_cross_entropy": Mutant(
        "the network ends in a softmax and the loss is CrossEntropyLoss", TRAINING, "softmax|probabilit"
    ),
    "probabilities_into_nll": Mutant(
        "NLLLoss receives probabilities instead of their logarithms", TRAINING, "log|probabilit"
    ),
}
