"""A private Exim (Debian's package, unpacked) that routes and delivers as a test says.

In a mount namespace of its own the package lies over /usr, its configuration and user over /etc, and
the test's folder is /srv; a process namespace takes everything along when it ends. Needs root, or sudo.
"""
import os
import subprocess

import polling
from unpacked import unpack

UID = 64806  # a high number that no system hands out
OWNER = os.getuid() or UID  # of the mail: Exim never delivers as root

CONFIGURATION = """\
spool_directory = /srv/spool
log_file_path = /srv/log/%slog
primary_hostname = mx.relay.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
acl_smtp_rcpt = accept
acl_smtp_data = accept
host_lookup =
tls_advertise_hosts =
keep_environment =
rfc1413_query_timeout = 0s
{main}
begin routers
{routers}
begin transports
{transports}
begin retry
{retry}
"""

START = f"""\
mount -t overlay overlay -o lowerdir="$1/usr:/usr" /usr
mount --bind "$2" /srv
for kind in passwd group; do
  sed '/^Debian-exim:/d' /etc/$kind >/srv/etc/$kind
  echo 'Debian-exim:x:{UID}:{UID}::/:/usr/sbin/nologin' >>/srv/etc/$kind
done
chown -R root /srv/etc
chown {UID} /srv/spool /srv/log
chown {OWNER} /srv/mail
chmod 755 /srv
mount -t overlay overlay -o lowerdir=/srv/etc:/etc /etc
# When whoever asked for it is gone, this job ends.
exec {{asker}}<&0
cat <&$asker &
exim4 -bdf -q1s &
wait -n
"""


class Exim:
    """with Exim(folder, main, routers, transports, retry) as exim: … exim.port; mail goes to folder/mail"""

    def __init__(self, folder, main, routers, transports, retry):
        self.folder, self.port = folder, polling.free_port()
        self.layer = unpack("exim4-daemon-light", "exim4-base")
        for part in ("spool", "log", "mail", "etc/exim4"):
            os.makedirs(os.path.join(folder, part))
        with open(os.path.join(folder, "etc/exim4/exim4.conf"), "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(port=self.port, main=main, routers=routers,
                                            transports=transports, retry=retry))

    def __enter__(self):
        as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        self.process = subprocess.Popen(
            [*as_root, "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--",
             "bash", "-ec", START, "exim", self.layer, self.folder],
            stdin=subprocess.PIPE)
        polling.wait_for(self.answers, "Exim answers")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def answers(self):
        assert self.process.poll() is None, "Exim ended; its errors are above"
        return polling.is_open(self.port)
