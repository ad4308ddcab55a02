"""A server of a model that says one word after the other, in a process of its own.

It speaks OpenAI's chat completions as vLLM does, with nothing but Python's library, and says who it
is. A question "words N" is answered by N words, one each PAUSE seconds; "wait N" by the same after
N seconds without a byte, as a long prompt is.
"""

from __future__ import annotations

import argparse
import json
import re
import ssl
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAUSE = 0.05


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    name = ""

    def do_GET(self) -> None:
        model = {"id": "gpt-oss", "object": "model", "owned_by": "vllm", "max_model_len": 131072}
        body = json.dumps({"object": "list", "data": [model]}).encode()
        if self.path != "/v1/models":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = body["messages"][-1]["content"]
        print("asked", flush=True)
        kind, number = re.findall(r"(words|wait) (\d+)", asked)[-1]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._delta({"role": "assistant", "content": ""})
        if kind == "wait":
            time.sleep(int(number))
        self._delta({"content": f"I am {self.name}."})
        for n in range(int(number) if kind == "words" else 3):
            time.sleep(PAUSE)
            self._delta({"content": f" word{n}"})
        self._delta({}, "stop")
        prompt = sum(len(message.get("content") or "") for message in body["messages"])
        usage = {"prompt_tokens": prompt, "completion_tokens": int(number)}
        self._event({"choices": [], "usage": usage})
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _delta(self, delta: dict[str, str], finish: str | None = None) -> None:
        self._event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    def _event(self, event: dict[str, Any]) -> None:
        self._chunk(b"data: " + json.dumps({"model": "gpt-oss"} | event).encode() + b"\n\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: the client has gone."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("port", type=int)
    parser.add_argument("--tls", help="a file with a certificate and its key")
    options = parser.parse_args()
    Handler.name = options.name
    server = Server(("0.0.0.0", options.port), Handler)
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.tls)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
