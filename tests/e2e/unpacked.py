"""Debian's packages, unpacked below the build folder instead of installed: the machine stays as it
is, and so do services of its own that they would start or replace."""
import os
import re
import subprocess
import tempfile

CACHE = os.environ.get("POSTRIDER_CACHE") or "/tmp/postrider-cache"


def missing_libraries(package):
    """The names of the libraries that it depends on and that are not installed here."""
    depends = subprocess.check_output(["dpkg-deb", "-f", package, "Depends"], text=True)
    for name in re.findall(r"(?:^|,)\s*(lib[^\s,|(:]*)", depends):
        status = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", name], text=True,
                                capture_output=True)
        if status.stdout != "installed" and not name.startswith("libjs-"):
            yield name


def unpack(*packages):
    """Downloads and unpacks them with their missing libraries, once. The folder that stands for /."""
    cache = os.path.join(CACHE, packages[0])
    layer = os.path.join(cache, "layer")
    if os.path.exists(layer):
        return layer
    os.makedirs(cache, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as work:
        wanted, known = list(packages), set()
        while wanted:
            known.update(wanted)
            subprocess.run(["apt-get", "download", "-qq", *wanted], cwd=work, check=True,
                           stderr=subprocess.DEVNULL)
            archives = [os.path.join(work, name) for name in os.listdir(work)
                        if name.endswith(".deb")]
            wanted = sorted({name for archive in archives for name in missing_libraries(archive)}
                            - known)
        for archive in archives:
            subprocess.run(["dpkg-deb", "-x", archive, os.path.join(work, "layer")], check=True)
        os.rename(os.path.join(work, "layer"), layer)
    return layer
