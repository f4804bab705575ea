"""What the fork server imports only for a class that mentions it: up to 0.8 s each."""

PACKAGES = {  # as it is written in an import -> the modules of it that notebooks use
    "matplotlib": ("matplotlib.pyplot", "matplotlib.backends.backend_agg"),
    "pandas": ("pandas",),
    "sklearn": ("sklearn.metrics", "sklearn.model_selection"),
    "torchinfo": ("torchinfo",),
}
