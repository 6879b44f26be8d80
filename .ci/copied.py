"""The examples of the README and of the docs, copied into a crate of somebody who has done no more than the README says.

    python3 .ci/copied.py FOLDER

Writes the crate into FOLDER, where nothing should be yet. Its program is the first one of the README; all others, and the tests, are modules
of its one test.
"""

import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
CRATE = Path(sys.argv[1])
FENCE = re.compile(r"^ *(?://[/!])? ?```(.*)$")


def blocks(file):
    """Each fenced block: its info string, its number of the first line and its lines, without what makes them docs."""
    info = None
    for number, line in enumerate(file.read_text().splitlines(), 1):
        fence = FENCE.match(line)
        if file.suffix == ".rs" and not line.lstrip().startswith(("///", "//!")):
            continue
        if fence and info is None:
            info, first, lines = fence[1], number, []
        elif fence:
            yield info, first, lines
            info = None
        elif info is not None:
            lines.append(re.sub(r"^ *//[/!] ?", "", line) if file.suffix == ".rs" else line)


def is_rust(file, info):
    kinds = ("", "no_run", "test_harness", "should_panic")
    return info.startswith("rust") or file.suffix == ".rs" and all(word in kinds for word in info.split(","))


def main():
    readme = list(blocks(HERE / "README.md"))
    manifest = next("\n".join(lines) for info, _, lines in readme if info == "toml")
    for folder in ("src", "tests/copied"):
        (CRATE / folder).mkdir(parents=True)
    # Each example says in its docs which features it needs.
    manifest = manifest.replace('features = ["sim"]', 'features = ["chat", "pages", "record", "session", "sim", "upload"]')
    # What follows the manifest is what some examples name themselves; that the crate is taken from here is all else that nobody would write.
    (CRATE / "Cargo.toml").write_text(
        '[package]\nname = "bot"\nversion = "0.1.0"\nedition = "2024"\n\n'
        f'{manifest}\nserde_json = "1"\nfutures = "0.3"\ntower = {{ version = "0.5", features = ["limit", "util"] }}\n'
        'reqwest = { version = "0.13", default-features = false }\ntracing = "0.1"\n'
        'tracing-subscriber = { version = "0.3", default-features = false, features = ["fmt", "tracing-log"] }\n\n'
        f'[patch.crates-io]\nrumble-live = {{ path = "{HERE}" }}\n\n[workspace]\n'
    )
    shutil.copy(HERE / "Cargo.lock", CRATE)
    modules = []
    for file in [HERE / "README.md", HERE / "GUIDE.md", HERE / "FROM-COCORUM.md", *sorted((HERE / "src").rglob("*.rs"))]:
        for info, first, lines in blocks(file):
            if not is_rust(file, info):
                continue
            where = f"{file.relative_to(HERE)}:{first}"
            if any(re.match(r" *#( |$)", line) for line in lines):
                sys.exit(f"{where}: whoever copies this example does not get its hidden lines; let it do without")
            code = "\n".join(lines) + "\n"
            if "fn main()" in code:
                if not (CRATE / "src/main.rs").exists():
                    (CRATE / "src/main.rs").write_text(code)
            elif not re.search(r"#\[(tokio::)?test\b", code):
                code = f"#[test]\nfn example() {{\n{code}}}\n"
            module = re.sub(r"\W", "_", where).lower()
            (CRATE / f"tests/copied/{module}.rs").write_text(code)
            modules.append(module)
    declared = "".join(f"mod {module};\n" for module in modules)
    (CRATE / "tests/copied/main.rs").write_text(f"#![allow(dead_code, unused)]\n\n{declared}")
    print(f"    {len(modules)} examples")


main()
