"""For all tests: properties are not timed, for a busy machine makes nothing false."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
