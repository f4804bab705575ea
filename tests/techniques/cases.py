"""Notebooks with the five techniques in many styles, what each must be credited with, and their mutants."""

from dataclasses import dataclass
from pathlib import Path

from grader.schema.result import CheckResult, Result
from tests.mutations import read_mutants

NOTEBOOKS = Path(__file__).parent / "notebooks"
STEPS = 15  # optimizer steps of a run at full size: techniques are judged by behaviour, never by accuracy

NORMALIZATION = frozenset({"normalization.train", "normalization.test"})
CROP, FLIP, UNAUGMENTED_TEST = "augmentation.crop", "augmentation.flip", "augmentation.test"
AUGMENTATION = frozenset({CROP, FLIP, UNAUGMENTED_TEST})
SCHEDULER = frozenset({"scheduler.each_epoch", "scheduler.factor"})
DROPOUT = frozenset({"dropout.place", "dropout.evaluation"})
BATCH_NORM = frozenset({"batch_norm.place", "batch_norm.evaluation"})
ALL = NORMALIZATION | AUGMENTATION | SCHEDULER | DROPOUT | BATCH_NORM
NOTHING: frozenset[str] = frozenset()
UNKNOWN = NORMALIZATION | AUGMENTATION  # of images that are no longer recognised


@dataclass(frozen=True)
class Technique:
    """A right notebook. `passes`: checks that pass; `undecided`: that a person decides; every other check of a technique
    is not attempted."""

    description: str
    passes: frozenset[str]
    undecided: frozenset[str] = frozenset()


TECHNIQUES: dict[str, Technique] = {
    "averaged_accumulated": Technique(
        "a step after every second batch, the last one not counted; averaged weights", ALL
    ),
    "augmented_arrays": Technique("fit and predict, arrays augmented anew for each epoch; French", ALL),
    "autoaugment_beside_crop": Technique("AutoAugment beside a padded crop, scheduler stepped first", ALL),
    "cached_images_french": Technique("images decoded once into a list, then augmented; French", ALL),
    "framed_tensors": Technique(
        "28 x 28 crops of tensors put back into 32 x 32, standardised by the first module", ALL
    ),
    "classic_dropout": Technique("a mask in training and a share in evaluation, both by hand", DROPOUT),
    "lazy_to_device": Technique("a lazy layer moved to a GPU that is not there", ALL),
    "numpy_mask": Technique(
        "a dropout whose mask NumPy draws, batch normalisation by hand", ALL - DROPOUT, undecided=DROPOUT
    ),
    "output_dataclass": Technique("a trainer class; forward returns a dataclass", ALL),
    "accuracy_dicts_reflect": Technique(
        "RandomCrop with reflected borders, training in dictionaries of results", ALL
    ),
    "compile_and_fit": Technique("a Model class with compile and fit", SCHEDULER | DROPOUT),
    "dropout_raised": Technique("probability of the dropout raised from epoch to epoch; French", DROPOUT),
    "endless_iterator": Technique(
        "one loop over steps, with an iterator that is renewed", NORMALIZATION | SCHEDULER
    ),
    "iterable_stream": Technique("IterableDataset that cuts and flips; French", NORMALIZATION | AUGMENTATION),
    "modules_with_hooks": Technique("training_step, configure_optimizers and a trainer of their own", ALL),
    "moving_average": Technique("a moving average of the weights is tested", BATCH_NORM | DROPOUT),
    "reflected_borders": Technique("v1 crops with reflected borders", AUGMENTATION),
    "scaled_accumulated": Technique("GradScaler, autocast and accumulated gradients", BATCH_NORM | SCHEDULER),
    "soft_targets": Technique("one-hot targets, label smoothing by hand", BATCH_NORM),
    "steplr_in_batches": Technique("StepLR of a loader's length, stepped after every batch", SCHEDULER),
    "acts_at_last_batch": Technique(
        "scheduler and test at i == len(loader) - 1, in the batch loop", SCHEDULER
    ),
    "ablation_each_alone": Technique("each technique alone on the base, transforms.v2, one function", ALL),
    "batch_window_in_loop": Technique(
        "one window and one flip for the whole batch, in the training loop", AUGMENTATION
    ),
    "batchnorm_written_out": Technique(
        "batch normalisation as arithmetic, its averages no buffers", BATCH_NORM
    ),
    "boucle_batchnorm": Technique(
        "normalised in the training loop and in the test loop; French", NORMALIZATION | BATCH_NORM
    ),
    "callable_transform_french": Technique(
        "own callable classes on PIL images, F.hflip, NumPy's generator; French", AUGMENTATION | BATCH_NORM
    ),
    "collate_crop_flip": Technique("functional crop and flip in collate functions, tqdm", AUGMENTATION),
    "collate_steplr": Technique("normalised in collate_fn, StepLR(1, 0.95)", NORMALIZATION | SCHEDULER),
    "comments_only": Technique("every technique in comments and in functions that are never called", NOTHING),
    "computed_image_deviations": Technique(
        "computed: mean of the images' own means and deviations, over a DataLoader; French", NORMALIZATION
    ),
    "computed_pixel_statistics": Technique(
        "computed: mean and deviation over all training pixels", NORMALIZATION
    ),
    "counts_batches": Technique("scheduler and test after every n batches, counted over epochs", SCHEDULER),
    "crop28_padded_back": Technique("28 x 28 crops padded back to 32, test likewise", AUGMENTATION),
    "crop28_starter_french": Technique(
        "28 x 28 crops in the starter script's structure; French", AUGMENTATION
    ),
    "crops_scaled_back": Technique("28 x 28 crops scaled back to 32, test likewise", ALL),
    "crops_only": Technique("v2, crops without a flip; French", frozenset({CROP, UNAUGMENTED_TEST})),
    "dataset_wrapper": Technique("normalised by a Dataset around CIFAR10", NORMALIZATION | DROPOUT),
    "dropout_starter": Technique("the starter with nn.Dropout(0.7) in its classifier", DROPOUT),
    "dropout_steps_by_hand": Technique(
        "nn.Dropout before the ReLU, rate computed from the epoch number", DROPOUT | SCHEDULER
    ),
    "extra_rotation_jitter": Technique("crop and flip with rotation and colour jitter besides", AUGMENTATION),
    "final_network_only": Technique("everything at once in one network, two phases in one loop", ALL),
    "flags_main_french": Technique(
        "one class and one main() with flags, cumulative; an unused scheduler in the first stages; French",
        ALL,
    ),
    "flips_only": Technique("flips without a crop", frozenset({FLIP, UNAUGMENTED_TEST})),
    "forward_buffers": Technique("normalised in forward from buffers, F.dropout", NORMALIZATION | DROPOUT),
    "functional_dropout_batchnorm": Technique(
        "F.dropout, convolutions without bias, evaluated on both splits; French", DROPOUT | BATCH_NORM
    ),
    "image_windows_in_loop": Technique(
        "a window and a flip for each image of a batch, by indexing in the loop; French",
        AUGMENTATION | DROPOUT,
    ),
    "inplace_lambda_rate": Technique("Normalize(inplace=True), LambdaLR(0.95**e)", NORMALIZATION | SCHEDULER),
    "joined_data_sets": Technique("ConcatDataset of two augmented copies", AUGMENTATION),
    "lambda_on_tensor": Technique(
        "Lambda on tensors, four-digit constants, Dropout before the ReLU; French", NORMALIZATION | DROPOUT
    ),
    "lazy_batchnorm": Technique("LazyConv2d without bias, LazyBatchNorm2d", BATCH_NORM),
    "mask_dropout": Technique("own dropout module that multiplies by a mask", DROPOUT),
    "module_list_batchnorm_decay": Technique(
        "batch norms in a ModuleList walked in forward, Trainer class", BATCH_NORM | SCHEDULER
    ),
    "multiplicative_rate": Technique("MultiplicativeLR; French", SCHEDULER),
    "never_called": Technique(
        "transforms, classes and functions for every technique, none of them used; French", NOTHING
    ),
    "new_optimizer_each_epoch": Technique("a new optimizer for each epoch at 0.95 of the rate", SCHEDULER),
    "one_cell_everything": Technique("six cumulative stages from a list of tuples, in one cell", ALL),
    "own_arrays_dataset": Technique("own Dataset over CIFAR10.data, 28 x 28", NORMALIZATION | AUGMENTATION),
    "own_batchnorm_buffers": Technique("F.batch_norm with own parameters and buffers", BATCH_NORM),
    "own_dataset_crops": Technique("crop and flip written by hand in a Dataset", AUGMENTATION),
    "padding4_train_function": Technique(
        "RandomCrop(32, padding=4), scheduler stepped in the train function", AUGMENTATION | SCHEDULER
    ),
    "pil_numpy_french": Technique("Lambda on PIL images, by NumPy; French", NORMALIZATION),
    "redefined_each_stage_french": Technique(
        "the same class name at every stage, transforms replaced on the same datasets; French", ALL
    ),
    "run_experiment_configs": Technique("run_experiment(**config) in a loop over configurations", ALL),
    "six_classes_cumulative": Technique("six classes, each stage adds one technique", ALL),
    "sgd_by_hand": Technique("p -= rate * p.grad, the rate times 0.95 after an epoch", SCHEDULER),
    "tensor_dataset_batchnorm": Technique(
        "normalised in NumPy once, TensorDataset", NORMALIZATION | BATCH_NORM
    ),
    "tensors_no_loader": Technique(
        "normalised tensors without a DataLoader, param_groups changed by hand", NORMALIZATION | SCHEDULER
    ),
    "tests_every_fifth_batch": Technique("tested within epochs, in the batch loop", SCHEDULER),
    "textbook_normalize_decay": Technique(
        "transforms v1, ExponentialLR, one class and one loop", NORMALIZATION | SCHEDULER
    ),
    "trained_longer_french": Technique(
        "the training function is called again, with a new optimizer and scheduler; French", ALL
    ),
    "transforms_on_tensors": Technique(
        "crop and flip of tensors already normalised", NORMALIZATION | AUGMENTATION
    ),
    "typed_v2_crop_flip": Technique("transforms.v2, type hints", NORMALIZATION | AUGMENTATION),
    "windows_of_tensors": Technique(
        "28 x 28 windows of tensors, without a DataLoader; French", AUGMENTATION | SCHEDULER
    ),
    "zca_whitening": Technique("ZCA, a bonus question, in place of the standardisation", NOTHING, UNKNOWN),
}


def notebook_script(name: str) -> str:
    """The notebook as a script with `# %%` cells."""
    return (NOTEBOOKS / f"{name}.py").read_text(encoding="utf-8")


MUTANTS = read_mutants(Path(__file__).with_name("mutants.toml"), NOTEBOOKS)


def technique_checks(result: Result) -> dict[str, CheckResult]:
    """The checks of the five techniques by id."""
    return {check.id: check for task in result.tasks for check in task.checks if check.id in ALL}


def explain(result: Result) -> str:
    """What a failed assertion should print."""
    lines = [
        f"{check.id}: {check.outcome} {check.score}/{check.max_score} {check.observed} | {check.expected}"
        for check in technique_checks(result).values()
    ]
    return "\n".join([*lines, *result.remarks])
