"""`python -m local.front FOLDER`: serves the deployment of a platform's folder."""

from local.front.serving import Serving
from local.process import run

if __name__ == "__main__":
    raise SystemExit(run(Serving))
