"""The tests: rules/ (pure), one folder a room, pages/, architecture/, races/ and browser/."""
