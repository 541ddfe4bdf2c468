"""The WSGI entry point: `flask --app wsgi …` and the app server use it."""

from portal import create_app

app = create_app()
