"""The desktop app as others on the same desktop see it: a screen reader, and a host of tray icons.

    scripts/desktop-outside [PROGRAM]

runs this on a session bus and a display of its own. The window is a real one. Everything is found and pressed by its accessible name
over AT-SPI, as a screen reader does it; the icon is found and pressed over D-Bus, as a panel does it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings

import dbus
import dbus.service
import gi
from dbus.mainloop.glib import DBusGMainLoop

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

# The names are those of the library that Debian has.
warnings.simplefilter("ignore", DeprecationWarning)
PATIENCE = 20
NAME = "Directory Connector"
WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
TABS = ["Dashboard", "Plan", "Settings", "History", "More"]
PRESSED = {"push button", "button", "check box", "combo box", "radio button", "toggle button", "page tab"}
# Roles that hold something to press or to type into: none of them may be without a name.
NAMED = PRESSED | {"text", "entry", "password text", "list", "list item"}


def wait(what, found, patience=PATIENCE):
    """Waits until something is there, while the loop of the host goes on."""
    context, end = GLib.MainContext.default(), time.monotonic() + patience
    while time.monotonic() < end:
        while context.iteration(False):
            pass
        try:
            answer = found()
        except (GLib.Error, dbus.DBusException):
            answer = None
        if answer:
            return answer
        time.sleep(0.05)
    raise SystemExit(f"{what}: not within {patience} s")


class Host(dbus.service.Object):
    """A watcher and host of tray icons, as a panel brings it."""

    def __init__(self, bus):
        self.items = []
        self.name = dbus.service.BusName(WATCHER, bus)
        super().__init__(bus, "/StatusNotifierWatcher")

    @dbus.service.method(WATCHER, in_signature="s", sender_keyword="sender")
    def RegisterStatusNotifierItem(self, service, sender=None):
        # An item names its bus name, or the path at which its sender has it.
        self.items.append((sender, service) if service.startswith("/") else (service, "/StatusNotifierItem"))

    @dbus.service.method(WATCHER, in_signature="s")
    def RegisterStatusNotifierHost(self, service):
        pass

    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="ss", out_signature="v")
    def Get(self, interface, name):
        return self.GetAll(interface)[name]

    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="s", out_signature="a{sv}")
    def GetAll(self, interface):
        return {
            "IsStatusNotifierHostRegistered": True,
            "ProtocolVersion": dbus.Int32(0),
            "RegisteredStatusNotifierItems": dbus.Array([it[0] for it in self.items], signature="s"),
        }

    @dbus.service.signal(WATCHER, signature="s")
    def StatusNotifierItemRegistered(self, service):
        pass

    @dbus.service.signal(WATCHER, signature="")
    def StatusNotifierHostRegistered(self):
        pass


def elements(root):
    """Everything below an element that is shown."""
    for number in range(root.get_child_count()):
        child = root.get_child_at_index(number)
        if child is not None:
            yield child
            yield from elements(child)


def application(process):
    desktop = Atspi.get_desktop(0)
    for number in range(desktop.get_child_count()):
        child = desktop.get_child_at_index(number)
        if child is not None and child.get_process_id() == process.pid:
            return child
    return None


class Window:
    """The app, over the bus of a screen reader."""

    def __init__(self, process):
        self.process = process
        self.root = wait("the window on the accessibility bus", lambda: application(process))

    def all(self):
        # What changed since is asked for again, whatever the library remembers.
        self.root.clear_cache()
        return list(elements(self.root))

    def names(self):
        return sorted({it.get_name() for it in self.all() if it.get_name()})

    def find(self, name, roles=PRESSED):
        found = [it for it in self.all() if it.get_name() == name and it.get_role_name() in roles]
        # What is asked stands before everything else, and comes last.
        return found[-1] if found else None

    def get(self, name, roles=PRESSED):
        try:
            return wait(f"`{name}`", lambda: self.find(name, roles))
        except SystemExit as error:
            raise SystemExit(f"{error}; there is {self.names()}") from None

    def press(self, name):
        element = self.get(name)
        action = element.get_action_iface()
        assert action is not None and action.get_n_actions() > 0, f"`{name}` cannot be pressed"
        assert action.do_action(0), f"`{name}` did not take the press"

    def says(self, text):
        try:
            wait(f"`{text}`", lambda: any(text in name for name in self.names()))
        except SystemExit as error:
            raise SystemExit(f"{error}; there is {self.names()}") from None

    def unnamed(self):
        return [it.get_role_name() for it in self.all() if it.get_role_name() in NAMED and not it.get_name()]

    def is_shown(self):
        done = subprocess.run(["xwininfo", "-root", "-tree"], capture_output=True, text=True, check=True)
        numbers = [line.split()[0] for line in done.stdout.splitlines() if f'"{NAME}"' in line]
        states = [subprocess.run(["xwininfo", "-id", it], capture_output=True, text=True) for it in numbers]
        return any("IsViewable" in it.stdout for it in states)


def start(program, folder):
    variables = dict(os.environ, BITWARDENCLI_CONNECTOR_APPDATA_DIR=folder, LC_ALL="C", SLINT_BACKEND="winit")
    for name in ["WAYLAND_DISPLAY", "BW_CLIENTID", "BW_CLIENTSECRET"]:
        variables.pop(name, None)
    return subprocess.Popen([program], env=variables)


def signed_in(folder):
    """An installation that is set up, of the official file's form; nothing here is ever reached."""
    account = "6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10"
    data = {
        "stateVersion": 8,
        "organizationId": account,
        "entityId": account,
        "environmentUrls": {"base": "http://127.0.0.1:9"},
        "directoryType": 0,
        "directory_ldap": {"hostname": "127.0.0.1", "port": 9, "rootPath": "dc=example,dc=test"},
        "sync": {"users": True, "groups": True, "interval": 15},
        "enableTray": True,
        "enableCloseToTray": True,
    }
    with open(os.path.join(folder, "data.json"), "w", encoding="utf-8") as file:
        json.dump(data, file)


def screen_reader(program):
    with tempfile.TemporaryDirectory() as folder:
        process = start(program, folder)
        try:
            window = Window(process)
            # Nobody is signed in: each problem is told at its field.
            window.press("Log In")
            window.says("Enter the client ID.")
            field = window.get("Client ID", {"text", "entry"})
            assert field.get_editable_text_iface().set_text_contents("user.1"), "nothing can be typed"
            window.press("Log In")
            window.says("organization.")
            for name, then in [("Change Server", "Check Server"), ("Cancel", "Log In"), ("Profiles …", "New Profile …")]:
                window.press(name)
                window.get(then)
            assert not window.unnamed(), window.unnamed()
            window.press("Back")
            window.press("Guided Set-Up")
            window.get("Back")
            assert not window.unnamed(), window.unnamed()
        finally:
            end(process)
    print("screen reader: sign-in, server, profiles and set-up are found and pressed by name")


def end(process):
    process.terminate()
    process.wait(PATIENCE)


def main():
    program = os.path.abspath(sys.argv[1])
    DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    status = dbus.Interface(bus.get_object("org.a11y.Bus", "/org/a11y/bus"), dbus.PROPERTIES_IFACE)
    for name in ["IsEnabled", "ScreenReaderEnabled"]:
        status.Set("org.a11y.Status", name, dbus.Boolean(True, variant_level=1))
    Atspi.init()
    screen_reader(program)


if __name__ == "__main__":
    main()
