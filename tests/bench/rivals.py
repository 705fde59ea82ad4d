"""What others would send with: how each is started, and what it reads."""
import os
import re
import sys

from measure import CLIENT_CORES, HERE, run

IN_ADDRESS = re.compile(r"^https://[^:/]+:")  # the C library, which Apprise asks, does not know names in .localhost
CURL_AT_ONCE = 300  # the most that curl takes with --parallel


class Rivals:
    """Clients that post what the server has recorded. Bodies have no tab and no line break."""

    def __init__(self, bare_client, folder, server):
        self.bare_client, self.ca_file = bare_client, server.ca
        requests = server.requests()
        self.lines = os.path.join(folder, "requests.tsv")
        self.config = os.path.join(folder, "curl.config")
        self.few_config = os.path.join(folder, "curl-few.config")
        self.urls = os.path.join(folder, "apprise.urls")
        with open(self.lines, "w", encoding="utf-8") as file:
            file.writelines(f"{url}\t{body}\n" for url, body in requests)
        for path, asked in ((self.config, requests), (self.few_config, server.widened(requests))):
            with open(path, "w", encoding="utf-8") as file:
                file.write("next\n".join(self.curl_block(url, body) for url, body in asked))
        with open(self.urls, "w", encoding="utf-8") as file:
            file.writelines(f"{IN_ADDRESS.sub('jsons://127.0.0.1:', url)}?verify=yes\n" for url, _ in requests)
        self.text = requests[0][1]

    def curl_block(self, url, body):
        escaped = body.replace("\\", "\\\\").replace('"', '\\"')
        return f'url = "{url}"\ndata-raw = "{escaped}"\ncacert = "{self.ca_file}"\noutput = "/dev/null"\nfail\n'

    def run_reading(self, path, *command):
        with open(path, encoding="utf-8") as file:
            return run(*command, stdin=file, cores=CLIENT_CORES)[0]

    def bare(self, in_flight, connections_per_host, http="2"):
        return self.run_reading(self.lines, self.bare_client, self.ca_file, in_flight, connections_per_host, http)

    def curl(self, at_once=CURL_AT_ONCE, config=None):
        return run("curl", "--silent", "--show-error", "--parallel", "--parallel-max", at_once, "--config", config or self.config,
                   cores=CLIENT_CORES)[0]

    def curl_few(self, at_once=CURL_AT_ONCE):
        """With as few connections as crisis has, which takes more names than one."""
        return self.curl(at_once, self.few_config)

    def aiohttp(self, in_flight=CURL_AT_ONCE):
        return self.run_reading(self.lines, sys.executable, os.path.join(HERE, "aiohttp_client.py"), self.ca_file, in_flight)

    def apprise(self):
        return run("apprise", "--config", self.urls, "--body", self.text, cores=CLIENT_CORES,
                   env={**os.environ, "REQUESTS_CA_BUNDLE": self.ca_file})[0]
