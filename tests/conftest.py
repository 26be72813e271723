"""How the property tests search: the same examples at every run, and no long inquest into a failure."""

from hypothesis import Phase, settings

settings.register_profile(
    "course", derandomize=True, deadline=None, phases=[Phase.explicit, Phase.generate, Phase.shrink], max_examples=60
)
settings.load_profile("course")
