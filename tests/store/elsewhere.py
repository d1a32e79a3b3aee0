"""Another machine of the same installation, as a process: ``python -m tests.store.elsewhere DATABASE FOLDER``

Each line on its standard input is a call (address and body); it answers with a line: status and body. What it was told
is in the database before it answers.
"""

import json
import sys
from pathlib import Path

from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.store.keys import Ring
from cds_service.store.store import open_store
from tests.service.calls import post
from tests.store.answers import DAY, SECRET, parts


def main(database: str, folder: str) -> None:
    store = open_store(database, Ring(SECRET), Path(folder))
    client = create_app(Settings(), lambda: DAY, parts(), store=store).test_client()
    print("ready", flush=True)
    for line in sys.stdin:
        address, body = json.loads(line)
        answer = post(client, body, address)
        assert store.flush(20)
        print(json.dumps([answer.status_code, answer.get_json()]), flush=True)
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
