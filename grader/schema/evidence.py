"""What the probe saw in the kernel. Testimony: every field may have been forged, so every field is bounded."""

from typing import Annotated, Literal

from pydantic import Field

from grader.schema.base import Model

Name = Annotated[str, Field(max_length=300)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Split = Literal["train", "test", "both"]


class Place(Model):
    """A place in the notebook, cells counted from 0 as in the file, lines from 1."""

    cell: Annotated[int, Field(ge=0, le=10**5)] | None = None
    line: Annotated[int, Field(ge=0, le=10**6)] | None = None


class Parameter(Model):
    """One registered parameter: its name, shape, whether it is trainable, and whether training changed it."""

    name: Name
    shape: Annotated[tuple[Count, ...], Field(max_length=8)]
    trainable: bool
    changed: bool | None = None  # None: never trained
    stepped: bool | None = None  # an optimizer that stepped held it
    moved_before: bool = False  # by an earlier training of the same module, which its origin is older than
    origin: Name | None = None  # file of weights whose value it had before the first step; None: of none


class Network(Model):
    """A module that was called with images. Files lie beside evidence.json, named by `id`.

    <id>.train.json, <id>.eval.json   graphs in both modes (absent when export failed, see export_error)
    <id>.safetensors                  weights when the budget was used up or the last time it was seen
    <id>.stream.safetensors           one image of each training step, where the loop transforms batches itself
    """

    id: Annotated[str, Field(pattern=r"^net[0-9]{1,4}$")]
    class_name: Name
    defined: Place
    input_shape: Annotated[tuple[Count, ...], Field(max_length=8)]
    parameters: Annotated[tuple[Parameter, ...], Field(max_length=5000)]
    has_graphs: bool
    hooked: bool = (
        False  # forward hooks were attached when it was written down: what they change is not in the graphs
    )
    output_shape: Annotated[tuple[Count, ...], Field(max_length=8)] = ()
    widths: Annotated[tuple[Count, ...], Field(max_length=40)] = ()  # numbers that calls gave for an image
    drifted: bool = False  # running statistics of batch normalisations whose weights are frozen have changed
    goes_on_from: Annotated[str, Field(pattern=r"^net[0-9]{1,4}$")] | None = (
        None  # the same module, of which another part was trained before
    )
    export_error: Annotated[str, Field(max_length=2000)] = ""
    weights_at_step: Count = 0  # optimizer steps done when the weights were taken


class Phase(Model):
    """Consecutive calls of one network in one cell with the same modes and data: a pass over a loader, usually."""

    network: Name
    place: Place
    kind: Literal["train", "eval"]  # train: an optimizer stepped on it
    epoch: Count  # training passes of this network begun before this phase
    first_step: Count  # optimizer steps made before this phase
    training_mode: bool | None  # model.training; None: modules disagree
    dropout_mode: bool | None = None  # that of its nn.Dropout layers; None: there is none, or they disagree
    norm_mode: bool | None = None  # that of its batch normalisations
    gradients: bool  # autograd was on
    split: Split | None  # from the data set object behind the loader; None: not known
    dataset: Name | None = None  # CIFAR10, MNIST, ...
    thinned: bool = False  # after the budget: a single tiny batch
    loader_pass: Count | None = (
        None  # number of the pass over a loader that feeds it; a test in between splits the phase
    )
    cut: bool = False  # its pass over a loader was ended by the quick profile
    drawn: Count | None = None  # batches that the loader gave in this pass
    loader_batches: Count | None = None  # of a whole pass; None: not known
    left: bool = False  # the loop asked for no more, though there were
    batches: Count
    samples: Count
    output: Literal["logits", "log_probabilities", "probabilities", "other"]
    confusion: (
        Annotated[tuple[Annotated[tuple[Count, ...], Field(max_length=20)], ...], Field(max_length=20)] | None
    ) = None  # evaluation passes: rows true classes, columns arg max of the output
    sample: Annotated[str, Field(pattern=r"^phase[0-9]{1,5}$")] | None = None  # <sample>.safetensors
    pipeline: Annotated[str, Field(pattern=r"^pipeline[0-9]{1,3}$")] | None = None  # <pipeline>.safetensors
    stored: bool = False  # the loader yields tensors that were computed once
    as_loaded: bool | None = None  # the first convolution received just what the loader gave


class OptimizerUse(Model):
    """An optimizer while it stepped on one network."""

    kind: Name
    settings: dict[Name, float | bool | Name | None]  # of the first parameter group
    groups: Count
    first_step: Count
    last_step: Count
    foreign: Count  # parameters it held that the network does not own


class LossUse(Model):
    """A loss function as called with a network's output while gradients were on."""

    kind: Name  # cross_entropy, nll_loss, mse_loss, ...
    received: Literal["logits", "log_probabilities", "probabilities", "other"]
    attached: bool  # its input carried gradients
    calls: Count


class TrainingRun(Model):
    """All training of one network."""

    network: Name
    place: Place
    running: Annotated[int, Field(ge=0, le=10**5)] | None = (
        None  # the cell run, which may call a function of another
    )
    batch_size: Count
    steps: Count
    full_steps: Count  # steps before the budget was used up
    backwards: Count
    epochs: Count
    seconds: Annotated[float, Field(ge=0, le=10**7)] = 0.0  # to the last step, tests in between included
    optimizers: Annotated[tuple[OptimizerUse, ...], Field(max_length=1000)]
    losses_used: Annotated[tuple[LossUse, ...], Field(max_length=50)]
    rates: Annotated[
        tuple[tuple[Count, float], ...], Field(max_length=20000)
    ]  # (step, rate of group 0) at changes
    losses: Annotated[tuple[tuple[Count, float], ...], Field(max_length=20000)]  # (step, value)
    zeroed: Count  # backward passes after a step that found no old gradient
    not_zeroed: Count  # backward passes after a step that found the old gradient
    nonfinite: bool = False
    rates_unread: Count = 0  # steps made by hand whose rate could not be told
    reached: Annotated[
        tuple[Name, ...], Field(max_length=100)
    ] = ()  # other networks with gradients at the first step
    apart: bool = False  # the rates of two groups or optimizers did not keep their ratio


class WeightsUse(Model):
    """A file of weights that was loaded. standin: random ones of ours, for the course has no such file."""

    file: Name
    kind: Literal["course", "standin", "own"]


class Fit(Model):
    """A classifier of scikit-learn was fitted on rows of numbers."""

    kind: Name
    samples: Count
    features: Count  # numbers of a row
    weights: Count | None  # that it has learnt; None: none that could be counted
    place: Place
    running: Annotated[int, Field(ge=0, le=10**5)] | None
    phases: Count  # of the evidence that had begun before


class SchedulerUse(Model):
    """A scheduler of torch.optim: how often step() was called, and which network its optimizer has trained, if any."""

    kind: Name
    steps: Count
    network: Name | None
    place: Place
    since: Count = 0  # optimizer steps that the network had made before
    ahead: Annotated[
        tuple[tuple[Count, float], ...], Field(max_length=50)
    ] = ()  # (calls of step(), rate) at changes to come


class Attempt(Model):
    """A function of the notebook, called as one piece of the assignment. What it gave lies in functions.safetensors."""

    piece: Name
    function: Name
    place: Place
    named: bool  # it is called as such functions are
    error: Annotated[str, Field(max_length=500)] = ""  # why it gave nothing
    trials: Annotated[
        tuple[Annotated[tuple[Name, ...], Field(max_length=20)], ...], Field(max_length=20)
    ] = ()  # for each trial the tensors
    called: Annotated[tuple[Name, ...], Field(max_length=100)] = ()  # functions of PyTorch that it called


class ValueUse(Model):
    """The first time that code used a value of a placeholder, as a number or to decide something."""

    package: Name
    cell: Annotated[int, Field(ge=0, le=10**5)] | None
    networks: Count  # that had been called before: they are what they would have been


class Evidence(Model):
    """evidence.json of one kernel."""

    networks: Annotated[tuple[Network, ...], Field(max_length=200)] = ()
    phases: Annotated[tuple[Phase, ...], Field(max_length=20000)] = ()
    runs: Annotated[tuple[TrainingRun, ...], Field(max_length=200)] = ()
    transforms: Annotated[
        dict[Name, Annotated[str, Field(max_length=500)]], Field(max_length=100)
    ] = {}  # of pipelines, in their own words
    weights: Annotated[tuple[WeightsUse, ...], Field(max_length=100)] = ()
    fits: Annotated[tuple[Fit, ...], Field(max_length=200)] = ()
    schedulers: Annotated[tuple[SchedulerUse, ...], Field(max_length=300)] = ()
    remarks: Annotated[tuple[Annotated[str, Field(max_length=500)], ...], Field(max_length=200)] = ()
    missing_modules: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    unknown_values: Annotated[tuple[ValueUse, ...], Field(max_length=1)] = ()
    versions: dict[Name, Name] = {}
    device: Name = "cpu"
    attempts: Annotated[tuple[Attempt, ...], Field(max_length=3000)] = ()
    unattributed: Count = 0  # backward passes of no network that was seen
    probe_errors: Annotated[tuple[Annotated[str, Field(max_length=2000)], ...], Field(max_length=50)] = ()
