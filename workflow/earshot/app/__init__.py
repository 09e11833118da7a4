"""The page on which what was trained is tried on sounds of one's own."""

import os

# Gradio and what it brings look here once, when they are imported, which comes after this: nothing is told to anybody,
# nothing is fetched, and what a person's environment says of other pages of Gradio does not hold for this one.
for name in [name for name in os.environ if name.startswith("GRADIO_")]:
    del os.environ[name]
os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1"}
