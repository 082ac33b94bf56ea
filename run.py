"""The program: ``python run.py`` serves; ``flask --app run …`` commands; ``run:app`` for a WSGI server."""

from app.factory import create_app

app = create_app()

if __name__ == "__main__":
    from app.serve import serve

    serve(app)
