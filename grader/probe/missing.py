"""Packages that the student imports and that are not here. The well-known ones are stood in for, so that the cell goes on;
others stay an error: a module that nobody can install is a file that was not handed in.
"""

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import sys
import types
from collections.abc import Sequence
from typing import Any

from grader.probe.cells import is_students
from grader.probe.placeholders import KINDS, Module, Refusing, Silent, begin, note_error, note_missing
from grader.probe.watcher import Watcher

SHOWS = set(
    """
    seaborn plotly bokeh altair holoviews celluloid ipympl ipywidgets itables pyvis missingno scikitplot yellowbrick
    torchinfo torchsummary torchsummaryX pytorch_model_summary torchviz torchview graphviz pydot netron hiddenlayer
    livelossplot wandb tensorboard torch.utils.tensorboard tensorboardX visdom mlflow neptune comet_ml clearml aim
    google.colab dotenv colorama GPUtil pynvml codecarbon memory_profiler jaxtyping torchtyping
    """.split()
)  # or logs, and nothing else: what it would have shown is not graded
MEASURES = set(
    """
    torchmetrics torcheval evaluate pycm lpips piqa thop ptflops fvcore calflops mlxtend torch_lr_finder
    tabulate prettytable termcolor
    """.split()
)  # or writes down: what it gives back is printed most often
OTHERS = set(
    """
    accelerate albumentations apex av bitsandbytes bs4 captum catalyst catboost clip cupy cv2 d2l dask datasets deepspeed
    detectron2 dgl diffusers dlib easyocr efficientnet_pytorch einops fastai fastcore ffcv flash_attn flax foolbox ftfy
    gdown gensim gpytorch gradio h5py higher huggingface_hub hydra hyperopt ignite imageio imblearn imgaug jax kaggle
    kaggle_datasets kaggle_secrets kagglehub keras keras_tuner kornia librosa lightgbm lightning lightning_fabric lime
    lion_pytorch lmdb medmnist ml_collections monai moviepy nltk nni numba nvidia_dali omegaconf onnx onnxruntime
    opacus open_clip opendatasets openpyxl optax optuna patoolib peft polars pretrainedmodels pyarrow pycocotools pyro
    pytesseract pytorch_grad_cam pytorch_lightning pytorch_optimizer pytorchcv pywt ray requests segmentation_models_pytorch
    sentence_transformers shap skimage skopt skorch soundfile spacy splitfolders statsmodels streamlit tensorflow
    tensorflow_datasets timm tokenizers torch_geometric torch_optimizer torch_xla torchattacks torchaudio torchcam
    torchdata torchdiffeq torchtext transformers tsne_torch ultralytics umap vit_pytorch wget xformers xgboost yacs yaml
    zarr
    """.split()
)  # networks, losses, optimizers, data, transforms, settings: nothing can stand in for what they do
IMPORT_ERRORS = {"ImportError", "ModuleNotFoundError"}


def install(watcher: Watcher, shell: Any) -> None:
    if importlib.util.find_spec("tensorboard") is None:
        sys.meta_path.insert(0, Board(watcher))
    sys.meta_path.append(Missing(watcher))
    shell.events.register("post_run_cell", lambda result: note_error(watcher, result))


class Missing(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """The last finder: nobody else has found the module."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        frame = importing_frame()
        if frame is None:
            return None
        package, top = known(name), name.partition(".")[0]
        if (package or name == "google") and not is_caught(frame):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        if package not in SHOWS and name != "google" and top in (name, "google"):
            note_missing(self.watcher, name)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        package = known(spec.name)
        if not package:
            return types.ModuleType(spec.name)  # google, which holds others
        if package not in KINDS:
            begin(self.watcher, package, Refusing if package in OTHERS else Silent, package not in SHOWS)
        if spec.name == package:
            self.watcher.remark(said(package, self.watcher.cells.here()["cell"]))
        return Module(spec.name, package)

    def exec_module(self, module: types.ModuleType) -> None:
        return None


class Board(Missing):
    """torch.utils.tensorboard is installed with PyTorch, but fails without the tensorboard package."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return super().find_spec(name, path) if name == "torch.utils.tensorboard" else None


def known(name: str) -> str:
    """The well-known package that a module belongs to, or ""."""
    parts = name.split(".")
    names = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return next((one for one in names if one in SHOWS or one in MEASURES or one in OTHERS), "")


def said(package: str, cell: int | None) -> str:
    where = "" if cell is None else f" (cell {cell + 1})"
    if package in SHOWS:
        return f"{package}: not available here; a placeholder that does nothing stood in for it{where}"
    if package in MEASURES:
        return f"{package}: not available here; a placeholder without any value stood in for it{where}"
    return f"{package}: not available here; a placeholder let it be imported{where}, and what uses it fails"


def importing_frame() -> Any:
    """The student's import statement, in a cell or a file. None: an installed package asks, or one only looks."""
    frame: Any = sys._getframe(2)
    importing = False
    while frame is not None and is_machinery(frame.f_code):
        importing = importing or frame.f_code.co_name == "_find_and_load"
        frame = frame.f_back
    return frame if importing and frame is not None and is_students(frame.f_code.co_filename) else None


def is_machinery(code: types.CodeType) -> bool:
    return "importlib" in code.co_filename or code.co_filename in (__file__, "<frozen importlib._bootstrap>")


def is_caught(frame: Any) -> bool:
    """The student has thought of a machine without the package: there is another way."""
    while frame is not None:
        file = frame.f_code.co_filename
        if is_students(file) and any(body_holds(one, frame.f_lineno) for one in tries_in(file)):
            return True
        frame = frame.f_back
    return False


def tries_in(file: str) -> list[ast.Try]:
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError):
        return []
    return [one for one in ast.walk(tree) if isinstance(one, ast.Try) and catches_imports(one)]


def catches_imports(one: ast.Try) -> bool:
    """`except ImportError`; or `except Exception` around imports alone: around more it is no other way, and loses that."""
    kinds = [handler.type for handler in one.handlers]
    names = {
        name.id for kind in kinds if kind is not None for name in ast.walk(kind) if isinstance(name, ast.Name)
    }
    if names & IMPORT_ERRORS:
        return True
    alone = all(isinstance(line, ast.Import | ast.ImportFrom | ast.Assign | ast.Pass) for line in one.body)
    return alone and (None in kinds or bool(names & {"Exception", "BaseException"}))


def body_holds(one: ast.Try, line: int) -> bool:
    return one.body[0].lineno <= line <= (one.body[-1].end_lineno or 0)
