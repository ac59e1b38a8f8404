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

    def type(self, name, text):
        """Gives a field the focus and types, as who hears the screen does."""
        field = self.get(name, {"text", "entry"})
        subprocess.run(["xdotool", "search", "--onlyvisible", "--name", NAME, "windowfocus"], check=True)
        assert field.get_component_iface().grab_focus(), f"`{name}` does not take the focus"
        subprocess.run(["xdotool", "type", text], check=True)

    def enlarge(self):
        """What is scrolled out of sight is on no accessibility bus."""
        found = ["xdotool", "search", "--onlyvisible", "--name", NAME]
        subprocess.run([*found, "windowsize", "1200", "2300"], check=True)

    def says(self, text):
        try:
            wait(f"`{text}`", lambda: any(text in name for name in self.names()))
        except SystemExit as error:
            raise SystemExit(f"{error}; there is {self.names()}") from None

    def unnamed(self):
        """What can be pressed or typed into and has no name; asked again where the window changed meanwhile."""
        found = lambda: [[it.get_role_name() for it in self.all() if it.get_role_name() in NAMED and not it.get_name()]]
        return wait("a window that keeps still", found)[0]


def shown():
    """Whether a window of the app is to be seen."""
    done = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", NAME], capture_output=True, text=True)
    return done.stdout.strip() != ""


def can_be_pressed(element):
    action = element.get_action_iface()
    return action is not None and action.get_n_actions() > 0


def start(program, folder, **more):
    variables = dict(os.environ, BITWARDENCLI_CONNECTOR_APPDATA_DIR=folder, LC_ALL="C", SLINT_BACKEND="winit")
    for name in ["WAYLAND_DISPLAY", "BW_CLIENTID", "BW_CLIENTSECRET"]:
        variables.pop(name, None)
    return subprocess.Popen([program], env=variables | more)


def screen_reader(program):
    with tempfile.TemporaryDirectory() as folder:
        process = start(program, folder)
        try:
            window = Window(process)
            # Nobody is signed in: each problem is told at its field.
            window.press("Log In")
            window.says("Enter the client ID of the organization.")
            window.type("Client ID", "user.1")
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
    with tempfile.TemporaryDirectory() as folder:
        organization = "6d1f7f0a-3f0b-4e0e-9a5b-2c1f6a7c9d10"
        settings = {
            "stateVersion": 8,
            "organizationId": organization,
            "entityId": organization,
            "apiKeyClientId": f"organization.{organization}",
            "apiKeyClientSecret": "none",
            "accessToken": "none",
            "environmentUrls": {"base": "http://127.0.0.1:9"},
            "directoryType": 0,
            "directoryLdap": {"hostname": "127.0.0.1", "port": 9, "rootPath": "dc=example,dc=test"},
            "sync": {"users": True, "groups": True, "interval": 15},
        }
        with open(os.path.join(folder, "data.json"), "w", encoding="utf-8") as file:
            json.dump(settings, file)
        process = start(program, folder, BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS="true")
        try:
            window = Window(process)
            wait("the window", shown)
            window.enlarge()
            for tab, there in zip(TABS, ["Test Now", "Compare Now", "Revert", "Refresh", "Licenses"]):
                window.press(tab)
                window.get(there)
                assert not window.unnamed(), f"{tab}: {window.unnamed()}"
                mute = [it.get_name() for it in window.all() if it.get_role_name() in PRESSED and not can_be_pressed(it)]
                assert not mute, f"{tab}: {mute} cannot be pressed"
            window.press("Log Out …")
            window.get("Cancel")
            window.press("Cancel")
            window.press("Show the Service")
            window.get("Back")
        finally:
            end(process)
    print("screen reader: every control of sign-in, server, profiles, set-up and the five tabs has a name and is pressed by it")


class Item:
    """The icon, as the host has it."""

    def __init__(self, bus, address):
        self.item = bus.get_object(*address)
        self.bus, self.service = bus, address[0]

    def property(self, name):
        return dbus.Interface(self.item, dbus.PROPERTIES_IFACE).Get(ITEM, name)

    def click(self):
        dbus.Interface(self.item, ITEM).Activate(dbus.Int32(0), dbus.Int32(0))

    def menu(self):
        menu = dbus.Interface(self.bus.get_object(self.service, self.property("Menu")), MENU)
        _, (_, _, children) = menu.GetLayout(dbus.Int32(0), dbus.Int32(-1), dbus.Array([], signature="s"))
        entries = [(int(number), values) for number, values, _ in children]
        return menu, {str(values["label"]).replace("_", ""): (number, values) for number, values in entries if "label" in values}

    def choose(self, name):
        menu, entries = self.menu()
        assert name in entries, f"`{name}` is not in the menu, which has {sorted(entries)}"
        menu.Event(dbus.Int32(entries[name][0]), "clicked", dbus.Int32(0, variant_level=1), dbus.UInt32(0))


def tray(program, bus):
    host = Host(bus)
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "data.json"), "w", encoding="utf-8") as file:
            json.dump({"stateVersion": 8, "enableTray": True, "enableCloseToTray": True}, file)
        process = start(program, folder)
        try:
            item = Item(bus, wait("the icon at its host", lambda: host.items)[0])
            wait("the window", shown)
            assert item.property("Title") == NAME, item.property("Title")
            assert len(item.property("IconPixmap")) > 0 or item.property("IconName"), "the icon has no picture"
            entries = wait("the menu", lambda: item.menu()[1])
            assert list(entries) == ["Show / Hide", "Sync Now", "Start Sync", "Exit"], list(entries)
            assert not entries["Sync Now"][1].get("enabled", True), "nothing can be synced, and the menu offers it"
            item.click()
            wait("the window out of sight", lambda: not shown())
            time.sleep(5)
            woken = {name: count for name, count in counted(process, 10).items() if count}
            # Its own timer is one of a minute.
            assert sum(woken.values()) < 5, f"nothing goes on, and threads were woken in 10 s: {woken}"
            item.click()
            wait("the window again", shown)
            item.choose("Show / Hide")
            wait("the window out of sight, by the menu", lambda: not shown())
            assert start(program, folder).wait(PATIENCE) == 0
            wait("the window, brought back by a second start", shown)
            item.choose("Exit")
            assert process.wait(PATIENCE) == 0
        finally:
            if process.poll() is None:
                end(process)
    print("tray: the icon is clicked, its menu is pressed, a second start brings the window back, and Exit ends it")


def memory(process, name):
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith(f"{name}:"))


def wake_ups(process):
    """How often each thread gave the processor back of itself, which is as often as it was woken."""
    found = {}
    for thread in os.listdir(f"/proc/{process.pid}/task"):
        with open(f"/proc/{process.pid}/task/{thread}/status", encoding="utf-8") as file:
            fields = dict(line.split(":", 1) for line in file)
        found[thread] = (fields["Name"].strip(), int(fields["voluntary_ctxt_switches"]))
    return found


def counted(process, seconds):
    """The wake-ups of each thread in so many seconds."""
    before = wake_ups(process)
    time.sleep(seconds)
    return {name: count - before.get(thread, (name, 0))[1] for thread, (name, count) in wake_ups(process).items()}


def figures(program, bus):
    """What the app costs while it is in the tray and nothing goes on."""
    host, seconds = Host(bus), 30
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "data.json"), "w", encoding="utf-8") as file:
            json.dump({"stateVersion": 8, "enableTray": True}, file)
        process = start(program, folder)
        try:
            item = Item(bus, wait("the icon at its host", lambda: host.items)[0])
            wait("the window", shown)
            item.click()
            wait("the window out of sight", lambda: not shown())
            time.sleep(5)
            woken = counted(process, seconds)
            total = sum(woken.values()) * 60 / seconds
            names = ", ".join(f"{name} {count}" for name, count in sorted(woken.items()) if count) or "none"
            print(f"in the tray: {total:.0f} wake-ups a minute (in {seconds} s: {names})")
            print(f"in the tray: {memory(process, 'VmRSS'):.1f} MB, of them {memory(process, 'RssAnon'):.1f} MB of its own")
        finally:
            end(process)


def end(process):
    process.terminate()
    process.wait(PATIENCE)


def main():
    program = os.path.abspath(sys.argv[1])
    DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    if "--figures" in sys.argv:
        return figures(program, bus)
    status = dbus.Interface(bus.get_object("org.a11y.Bus", "/org/a11y/bus"), dbus.PROPERTIES_IFACE)
    for name in ["IsEnabled", "ScreenReaderEnabled"]:
        status.Set("org.a11y.Status", name, dbus.Boolean(True, variant_level=1))
    Atspi.init()
    screen_reader(program)
    tray(program, bus)


if __name__ == "__main__":
    main()
