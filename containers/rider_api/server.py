"""How gunicorn serves the rider API: https://docs.gunicorn.org/en/stable/settings.html"""

import os

bind = "0.0.0.0:8080"
worker_class = "sync"  # one request a process: see application.Application
workers = int(os.environ.get("WEB_CONCURRENCY", "5"))
worker_tmp_dir = "/dev/shm"  # noqa: S108 - heartbeats in memory: the file system is read-only
control_socket_disable = True
timeout = 30  # API Gateway waits 29 s for the function
graceful_timeout = 25  # less than the 30 s that ECS and Kubernetes give a container to stop
max_requests = 10_000
max_requests_jitter = 1_000
limit_request_line = 4_094
limit_request_fields = 64
accesslog = None  # the application writes a line for each request, as JSON
errorlog = "-"
loglevel = "warning"
