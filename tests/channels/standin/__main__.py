"""Start the stand-in alone: ``python -m tests.channels.standin --port 8090``."""

import argparse
import contextlib

from tests.channels.standin import standin


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    with standin(port=parser.parse_args().port) as shop, contextlib.suppress(KeyboardInterrupt):
        print(f"address {shop.address}\nkey     {shop.key}\nsecret  {shop.secret}", flush=True)
        shop.closing.wait()


if __name__ == "__main__":
    main()
