"""Is FROM-COCORUM.md complete and right? By the sources of the Python package cocorum, the reviewed public API and the sources of this crate.
And do the links of GUIDE.md lead to items that exist?

    python3 .ci/from_cocorum.py 2.9.0=FOLDER 3.0.0=FOLDER
    python3 .ci/from_cocorum.py --links

Each FOLDER is one that `pip install --target` filled. Nothing of it is run. `--links` writes the addresses of the items at the end of both pages anew.
Wants libcst, as older Pythons cannot parse cocorum 3.
"""

import ast
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
PAGE = HERE / "FROM-COCORUM.md"
GUIDE = HERE / "GUIDE.md"
DOCS = "https://docs.rs/rumble-live/latest/rumble_live/"
LINKS = "<!-- Written by .ci/from_cocorum.py --links. -->"
HEADER = "| there | only in | here | feature | remark |"

faults = []


def public(name):
    return not name.startswith("_")


# What cocorum has.


def parsed(source):
    """Python before 3.12 takes no quotes within an f-string like those around it, so these are left out."""
    import libcst

    class WithoutFStrings(libcst.CSTTransformer):
        def leave_FormattedString(self, original_node, updated_node):
            return libcst.SimpleString("''")

    return ast.parse(libcst.parse_module(source).visit(WithoutFStrings()).code)


def declared(body, prefix):
    """The public names that these statements declare, with those within them."""
    for node in body:
        if isinstance(node, ast.ClassDef) and public(node.name):
            yield prefix + node.name
            yield from declared(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if public(node.name):
                yield prefix + node.name
            yield from (prefix + name for name in set_on_self(node))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            yield from (prefix + part.id for part in assigned(node) if isinstance(part, ast.Name) and public(part.id))
        elif isinstance(node, (ast.If, ast.Try)):
            for part in [*node.body, *node.orelse, *getattr(node, "finalbody", []), *getattr(node, "handlers", [])]:
                yield from declared(part.body if isinstance(part, ast.ExceptHandler) else [part], prefix)


def assigned(node):
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        yield from ast.walk(target)


def set_on_self(function):
    for node in ast.walk(function):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            for part in assigned(node):
                if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "self" and public(part.attr):
                    yield part.attr


def names_of(folder):
    """All public names, each as `module:Class.member`."""
    files = sorted((Path(folder) / "cocorum").glob("*.py"))
    if not files:
        sys.exit(f"{folder} has no cocorum; `pip install --no-deps --ignore-requires-python --target {folder} cocorum==…`")
    names = set()
    for file in files:
        module = "cocorum" if file.stem == "__init__" else f"cocorum.{file.stem}"
        names.update(f"{module}:{name}" for name in declared(parsed(file.read_text(encoding="utf-8")).body, ""))
    return names


# What the page says.


def rows(text):
    """Each row of a table of names: where it stands, its module, names, version, items, features and remark."""
    module, in_table = None, False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            module = line[3:] if line.startswith("## cocorum") else None
        if not line.startswith("|"):
            in_table = False
        elif line == HEADER:
            in_table = True
        elif in_table and not line.startswith("|---"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            where = f"{PAGE.name}:{number}"
            if module is None or len(cells) != 5:
                faults.append(f"{where}: a row has five cells and stands below the heading of a module")
                continue
            there, version, here, features, remark = cells
            yield where, [f"{module}:{name}" for name in re.findall(r"`([^`]+)`", there)], version, here, quoted(features), remark


def quoted(cell):
    return set(re.findall(r"`([^`]+)`", cell))


def linked(text):
    return re.findall(r"\[`([\w:]+)`\](?!\(|:|\[)", text)


# What this crate has.


def paths(api):
    """The page of the docs for each item, relative to the crate's."""
    kinds = {}
    for line in api:
        line = line.replace("#[non_exhaustive] ", "").replace("rumble_live::", "")
        line = re.sub(r"<[^<>]*>(?=::)", "", line)
        if found := re.match(r"pub (mod|struct|enum|trait|type) (\w+(?:::\w+)*)", line):
            kind, item = found.groups()
            *modules, name = item.split("::")
            folder = "".join(f"{module}/" for module in modules)
            kinds.setdefault(item, f"{folder}{name}/index.html" if kind == "mod" else f"{folder}{kind}.{name}.html")
        elif found := re.match(r"pub (?:(?:async|const|unsafe) )*fn ([\w:]+)::(\w+)[(<]", line):
            owner, name = found.groups()
            if owner in kinds:
                kinds.setdefault(f"{owner}::{name}", f"{kinds[owner]}#method.{name}")
        elif found := re.match(r"pub ([\w:]+)::(\w+)(:|\(|\{|$)", line):
            owner, name, after = found.groups()
            if owner in kinds:
                kinds.setdefault(f"{owner}::{name}", f"{kinds[owner]}#{'structfield' if after == ':' else 'variant'}.{name}")
    return kinds


def gate(attributes):
    """The features that these attributes ask for, all of them."""
    return frozenset(name for line in attributes if re.match(r"#\[cfg\((all\(.*)?feature", line) for name in re.findall(r'feature = "([\w-]+)"', line))


def gated_items():
    """For each type and member that is declared in the sources, by its bare name: the files and the features that it needs there."""
    items, files = {}, [(HERE / "src/lib.rs", frozenset())]
    for file, of_file in files:
        folder = file.parent if file.name in ("lib.rs", "mod.rs") else file.with_suffix("")
        attributes, in_macro, owner, of_owner = [], None, None, of_file
        for line in file.read_text(encoding="utf-8").splitlines():
            bare = line.strip()
            if bare.startswith("#["):
                attributes.append(bare)
                continue
            if bare.startswith("//") or not bare:
                continue
            needs, attributes = gate(attributes), []
            if not line.startswith(" "):
                in_macro = re.match(r"\w+! \{", line)
            if found := re.match(r"(?:pub(?:\([\w ]+\))? )?mod (\w+);", line):
                files += [(child, of_file | needs) for child in (folder / f"{found[1]}.rs", folder / found[1] / "mod.rs") if child.exists()]
            elif found := re.match(r"pub (?:struct|enum|trait) (\w+)", line):
                owner, of_owner = found[1], of_file | needs
                items.setdefault(owner, []).append((file, of_owner))
            elif found := re.match(r"    (\w+)$", line) if in_macro else None:
                # A type that a macro writes.
                items.setdefault(found[1], []).append((file, of_file))
            elif found := re.match(r"impl(?:<.*?>)? (?:[\w:<>', ]+ for )?(\w+)", line):
                owner, of_owner = found[1], of_file | needs
            elif owner and (found := re.match(r" {4}(?:pub (?:(?:async|const) )*(?:fn )?)?(\w+)", line)):
                items.setdefault(f"{owner}::{found[1]}", []).append((file, of_owner | needs))
    return items


def implied():
    """The features that each feature switches on, as Cargo.toml has it."""
    manifest = (HERE / "Cargo.toml").read_text(encoding="utf-8")
    table = re.search(r"^\[features\]\n(.*?)^\[", manifest, re.M | re.S)[1]
    direct = {name: set(re.findall(r'"([\w-]+)"', on)) for name, on in re.findall(r"^([\w-]+) = \[(.*)\]$", table, re.M)}

    def closure(name):
        return {name}.union(*(closure(other) for other in direct.get(name, ()) if other in direct))

    return {name: closure(name) for name in direct}


def fewest(features, implies):
    """Without what the default features or others of them bring along."""
    features = set(features) - implies["default"]
    return {name for name in features if not any(name in implies.get(other, ()) for other in features - {name})}


def features_of(item, items):
    *modules, last = item.split("::")
    modules = [module for module in modules if module.islower()]
    bare = "::".join(part for part in item.split("::") if part not in modules)
    of_type = bare.split("::")[0]
    # A member that a macro writes needs what its type needs.
    for name in (bare, of_type):
        found = items.get(name, [])
        rooms = ("chat", "pages", "record", "session", "sim", "upload")
        room = [entry for entry in found if entry[0].relative_to(HERE / "src").parts[0].removesuffix(".rs") == (modules or [""])[0]]
        core = [entry for entry in found if entry[0].relative_to(HERE / "src").parts[0] not in rooms]
        for _, needs in room or core or found:
            return needs
    return None


def links_block(text, kinds):
    items = sorted(set(linked(text)))
    return LINKS + "\n\n" + "".join(f"[`{item}`]: {DOCS}{kinds[item]}\n" for item in items if item in kinds)


def check_rows(text, versions, kinds):
    implies, items, seen = implied(), gated_items(), {}
    for where, names, version, here, features, remark in rows(text):
        for name in names:
            shown = name.split(":")[1]
            having = [label for label, known in versions.items() if name in known]
            if name in seen:
                faults.append(f"{where}: {shown} stands at {seen[name]} already")
            seen[name] = where
            if not having:
                faults.append(f"{where}: no version has {shown}")
            elif (version or "both") != (having[0] if len(having) == 1 else "both"):
                faults.append(f"{where}: {shown} is in {' and '.join(having)}, and the row says {version or 'both'}")
        places = linked(here)
        if not names or bool(places) == (here == "none"):
            faults.append(f"{where}: a row has names, and a place or `none`")
        if here == "none" and not remark:
            faults.append(f"{where}: say why there is none")
        needs = [(place, features_of(place, items)) for place in places if place in kinds]
        faults.extend(f"{where}: {place} is declared nowhere in src" for place, found in needs if found is None)
        wanted = fewest(set().union(*(found or () for _, found in needs)), implies)
        if features != wanted:
            faults.append(f"{where}: feature is {' and '.join(sorted(features)) or 'none'}, and the place needs {' and '.join(sorted(wanted)) or 'none'}")
    missing = set().union(*versions.values()) - set(seen)
    faults.extend(f"{PAGE.name}: below `## {name.split(':')[0]}` {name.split(':')[1]} is missing" for name in sorted(missing))
    return seen


def text_of(page, kinds, writes):
    """The text of a page without the addresses at its end, which are checked or written anew."""
    text, _, links = page.read_text(encoding="utf-8").partition(LINKS)
    text = text.rstrip() + "\n\n"
    unknown = sorted(set(linked(text)) - set(kinds))
    faults.extend(f"{page.name}: {item} is not in .ci/public-api.txt" for item in unknown)
    if writes:
        page.write_text(text + links_block(text, kinds), encoding="utf-8")
    elif LINKS + links != links_block(text, kinds):
        faults.append(f"{page.name}: the addresses at its end are not those of its items; `python3 .ci/from_cocorum.py --links` writes them")
    return text


def main():
    api = (HERE / ".ci/public-api.txt").read_text(encoding="utf-8").splitlines()
    kinds = paths(api)
    writes = sys.argv[1:] == ["--links"]
    text_of(GUIDE, kinds, writes)
    text = text_of(PAGE, kinds, writes)
    if not writes:
        versions = {label: names_of(folder) for label, folder in (argument.split("=", 1) for argument in sys.argv[1:])}
        seen = check_rows(text, versions, kinds)
        counts = ", ".join(f"{len(known)} names of {label}" for label, known in versions.items())
        print(f"    {counts}; {len(seen)} on the page, {len(set(linked(text)))} items")
    if faults:
        sys.exit("\n".join(faults))


main()
