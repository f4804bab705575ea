"""The common ground of all models: frozen, strict about names, finite numbers only."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A frozen record. Unknown fields are refused, so that a typo or a forged field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
