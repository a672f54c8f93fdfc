"""An application's own timer: a thread that collects once in 30 seconds.

    /usr/bin/python3 examples/collect/timer.py build/hiveframe_autonomous app.db

Its connection is its own, so the page cache that it records (pool 'sqlite')
is that of this connection. To record the application's cache, call
SELECT hf_collect() on the application's connection instead.
"""
import sqlite3
import sys
import threading


def collect(extension, path, stop, every=30.0):
    db = sqlite3.connect(path, timeout=5.0, isolation_level=None)
    db.enable_load_extension(True)
    db.load_extension(extension)
    db.enable_load_extension(False)
    db.execute("SELECT hf_init()").fetchall()
    while True:
        try:
            db.execute("SELECT hf_collect()").fetchall()
        except sqlite3.OperationalError as e:  # busy: the next round will do
            print(e, file=sys.stderr)
        if stop.wait(every):
            break
    db.close()


if __name__ == "__main__":
    stop = threading.Event()
    rounds = float(sys.argv[3]) if len(sys.argv) > 3 else None  # seconds
    thread = threading.Thread(target=collect, args=(sys.argv[1], sys.argv[2], stop))
    thread.start()
    try:
        stop.wait(rounds)
    except KeyboardInterrupt:
        pass
    stop.set()
    thread.join()
