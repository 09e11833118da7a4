"""Windows that pages are looked at in, and what keeps people from using a page."""

DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
_SERIOUS = ("serious", "critical")


def serious_findings(page):
    """What axe finds on a page that keeps people from using it, a line for each."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        f"{one['id']}: {one['help']}: {[node['html'][:200] for node in one['nodes']]}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in _SERIOUS
    ]
