# The dashboard on a CPU, with the exact versions that were tested last.
#
#   docker build --tag gan-workbench .
#   docker run --rm --publish 127.0.0.1:8501:8501 --volume gan-workbench:/srv/gan-workbench --stop-timeout 60 gan-workbench
#
# docs/serving.md says how to serve it to a class.

FROM python:3.11-slim

WORKDIR /src

# pip reads this variable: the address of PyTorch's packages without CUDA, as its installation page gives it, makes the
# image 3 GB smaller. --build-arg PIP_EXTRA_INDEX_URL=...
ARG PIP_EXTRA_INDEX_URL
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir --requirement requirements.txt --constraint constraints.txt

COPY pyproject.toml setup.py README.md LICENSE dashboard.py ./
COPY .streamlit .streamlit
COPY docs/quickstart.png docs/
COPY gancore gancore
COPY pages pages
COPY ui ui
RUN pip install --no-cache-dir --no-deps . && rm -rf /src

# Runs, downloaded data sets and imported images: what has to outlive the container.
RUN useradd --create-home --uid 1000 workbench && install --directory --owner workbench /srv/gan-workbench
USER workbench
WORKDIR /srv/gan-workbench
ENV GANCORE_RUNS=/srv/gan-workbench/runs GANCORE_CACHE=/srv/gan-workbench/cache
VOLUME /srv/gan-workbench

EXPOSE 8501
HEALTHCHECK --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://localhost:8501/_stcore/health', timeout=5)"]

# In a container, every interface is the container's own; which of the machine's it reaches is docker's --publish.
CMD ["gan-workbench", "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true"]
