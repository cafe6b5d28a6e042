# The same action, packed without further thought: what its image is compared with.
ARG BASE=debian:trixie-slim
FROM ${BASE}
RUN apt-get update && apt-get install --yes python3-pip
COPY requirements.txt /
RUN python3 -m pip install --break-system-packages --no-deps --require-hashes --requirement /requirements.txt
COPY src/cerebras_deploy /usr/local/lib/python3.13/dist-packages/cerebras_deploy
ENTRYPOINT ["python3", "-u", "-m", "cerebras_deploy"]
