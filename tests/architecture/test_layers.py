"""A room imports only lower floors, and of other rooms only what they offer."""

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from tests.architecture import source

# What a room offers to the rooms above it; labels are the words on screen for its enum values, jobs long work
# that commits by itself, chunk by chunk (decision 0029). `rules_<topic>.py` are rules,
# `labels_<topic>.py` labels.
OFFERED = {"queries", "services", "rules", "models", "labels", "jobs"}
# These are there for every room
GROUND = {"core", "settings"}


def test_floors_as_contracted_are_kept():
    status = lint_imports(config_filename=str(source.ROOT / "pyproject.toml"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, "import-linter found broken contracts; they are printed above"


def test_imports_across_rooms_take_only_what_a_room_offers():
    found = []
    for path in source.modules():
        own = source.room(path)
        if own in GROUND or own == "__init__":
            continue
        for line, module in source.imports(path):
            parts = module.split(".")
            foreign = parts[0] == "portal" and len(parts) > 2 and parts[1] not in (own, *GROUND)
            offered = parts[2] in OFFERED if foreign else True
            if not offered and not parts[2].startswith(("rules_", "labels_")):
                found.append(f"{source.name(path)}:{line} imports {module}")
    assert found == []


def test_core_knows_no_room():
    rooms = {path.name for path in source.PORTAL.iterdir() if path.is_dir()} - GROUND
    found = [
        f"{source.name(path)}:{line} imports {module}"
        for path in source.modules()
        if source.room(path) in GROUND
        for line, module in source.imports(path)
        if module.startswith("portal.") and module.split(".")[1] in rooms
    ]
    assert found == []
