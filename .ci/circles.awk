# Finds circles among the source files of one crate; .ci/circles runs it. Reads all of them, and wants the folder in
# `root`. An arrow leads from a file to the one that defines a name which the first uses: a re-export is followed, and
# to declare a module or to pass a name on is no use of it. Tests do not count.
#
# It knows Rust as rustfmt lays it out: what begins in the first column is an item of the file's module.

FNR == 1 { begin_file() }
in_tests(FILENAME) { next }
{ read_line($0) }
END { find_uses(); report() }

function begin_file(  path) {
  path = substr(FILENAME, length(root) + 2)
  sub(/\.rs$/, "", path)
  sub(/\/mod$/, "", path)
  # A program beside a library is a crate of its own, with no file but this one.
  if (path == "lib" || (path == "main" && !("" in file_of))) path = ""
  gsub(/\//, "::", path)
  module = path
  file_of[module] = FILENAME
  files[++file_count] = FILENAME
  in_text = skipping = 0
  statement = ""
}

function in_tests(path) { return path ~ /\/tests(\.rs$|\/)/ }

# Takes a line without its comments and strings; and not at all if it is compiled for tests only.
function read_line(line,  indent, name) {
  line = code_of(line)
  indent = match(line, /[^ ]/) - 1
  if (indent < 0) return
  if (line ~ /^ *#\[cfg\((all\()?test/) { skipping = 1; skipped_indent = indent; return }
  if (skipping) {
    if (line ~ /^ *(pub(\([^)]*\))? )?mod [a-z_0-9]+;/) {
      name = line
      gsub(/.*mod |;.*/, "", name)
      test_module[join(module, name)]
    }
    # The end of the item: its last line stands as far left as its first.
    if (indent == skipped_indent && line ~ /[;}]$/) skipping = 0
    return
  }
  if (statement == "" && line ~ /^ *(pub(\([^)]*\))? )?use /) { statement = line; is_public = line ~ /^ *pub/ }
  else if (statement != "") statement = statement " " line
  else if (line !~ /^ *(pub(\([^)]*\))? )?mod [a-z_0-9]+;/) {
    define(line)
    lines[module, ++line_count[module]] = line
  }
  if (statement ~ /;/) { import(statement); statement = "" }
}

function code_of(line) {
  gsub(/\\\\/, "", line)
  gsub(/\\"|'"'/, "", line)
  if (in_text) {
    if (line !~ /"/) return ""
    sub(/^[^"]*"/, "", line)
    in_text = 0
  }
  gsub(/"[^"]*"/, "", line)
  if (line ~ /^[^"]*\/\//) sub(/\/\/.*/, "", line)
  if (line ~ /"/) { sub(/".*/, "", line); in_text = 1 }
  sub(/ +$/, "", line)
  return line
}

# Notes what the line defines, if it begins in the first column.
function define(line) {
  if (line !~ /^(pub(\([^)]*\))? )?((async|const|unsafe|extern) )*(fn|struct|enum|union|trait|type|const|static|mod|macro_rules!) [A-Za-z_0-9]+/) return
  sub(/^(pub(\([^)]*\))? )?((async|const|unsafe|extern) )*(fn|struct|enum|union|trait|type|const|static|mod|macro_rules!)? ?/, "", line)
  sub(/^mut /, "", line)
  sub(/[^A-Za-z_0-9].*/, "", line)
  defined[module, line]
}

# Notes every name that a `use` brings into the module.
function import(tree) {
  sub(/;.*/, "", tree)
  sub(/^ *(pub(\([^)]*\))? )?use /, "", tree)
  gsub(/ as /, "@", tree)
  gsub(/[ ,]+}/, "}", tree)
  gsub(/ /, "", tree)
  import_tree("", tree)
}

function import_tree(prefix, tree,  brace, inner, depth, from, i, letter, path, name) {
  brace = index(tree, "{")
  if (brace) {
    prefix = prefix substr(tree, 1, brace - 1)
    inner = substr(tree, brace + 1, length(tree) - brace - 1) ","
    depth = 0; from = 1
    for (i = 1; i <= length(inner); i++) {
      letter = substr(inner, i, 1)
      if (letter == "{") depth++
      else if (letter == "}") depth--
      else if (letter == "," && depth == 0) {
        import_tree(prefix, substr(inner, from, i - from))
        from = i + 1
      }
    }
    return
  }
  path = prefix tree
  if (path ~ /::\*$/) {
    sub(/::\*$/, "", path)
    globs[module, ++glob_count[module]] = path
    return
  }
  name = path
  sub(/@.*/, "", path)
  sub(/::self$/, "", path)
  if (name ~ /@/) sub(/.*@/, "", name)
  else { name = path; sub(/.*::/, "", name) }
  if (name == "_") name = "_" (++unnamed)
  alias[module, name] = path
  imported[module, ++import_count[module]] = name
  passed_on[module, name] = is_public
}

function join(module, name) { return module == "" ? name : module "::" name }

function parent(module) { return sub(/::[^:]*$/, "", module) ? module : "" }

# The file and the name of what a path means in a module: nothing if it is of another crate or no more than a module,
# which is left in `found_module` then.
function resolve(module, path, depth,  seg, count, i) {
  found_module = "-"
  if (depth > 12) return ""
  count = split(path, seg, "::")
  i = 2
  if (seg[1] == "crate" || seg[1] == "$crate") module = ""
  else if (seg[1] == "super") { i = 1; while (seg[i] == "super") { module = parent(module); i++ } }
  else if (seg[1] != "self") {
    i = 1
    if (!(join(module, seg[1]) in file_of) && !((module, seg[1]) in alias)) return ""
    # A crate's own name, brought in by itself.
    if (alias[module, seg[1]] == seg[1]) return ""
  }
  for (; i <= count; i++) {
    if (join(module, seg[i]) in file_of) module = join(module, seg[i])
    else return resolve_item(module, seg, i, count, depth)
  }
  found_module = module
  return ""
}

function resolve_item(module, seg, i, count, depth,  name, path, g) {
  name = seg[i]
  if ((module, name) in defined) return file_of[module] SUBSEP name
  if ((module, name) in alias) {
    path = alias[module, name]
    while (++i <= count) path = path "::" seg[i]
    path = resolve(module, path, depth + 1)
    # A name of another crate is had from who passes it on.
    return path == "" && found_module == "-" ? file_of[module] SUBSEP name : path
  }
  for (g = 1; g <= glob_count[module]; g++) {
    resolve(module, globs[module, g], depth + 1)
    if (found_module == "-") continue
    path = found_module
    if ((path, name) in defined || (path, name) in alias || join(path, name) in file_of)
      return resolve(path, "self::" name, depth + 1)
  }
  # Made by a macro, there.
  return file_of[module] SUBSEP name
}

function find_uses(  module, i, n, name, line, words) {
  for (module in file_of) {
    if (in_tests(file_of[module]) || is_test(module)) continue
    split("", words)
    n = line_count[module]
    for (i = 1; i <= n; i++) {
      line = lines[module, i]
      while (match(line, /[A-Za-z_$][A-Za-z_0-9]*(::[A-Za-z_][A-Za-z_0-9]*)*/)) {
        name = substr(line, RSTART, RLENGTH)
        line = substr(line, RSTART + RLENGTH)
        if (name ~ /::/) arrow(module, name)
        sub(/::.*/, "", name)
        words[name]
      }
    }
    n = import_count[module]
    for (i = 1; i <= n; i++) {
      name = imported[module, i]
      if (!passed_on[module, name] || name in words) arrow(module, alias[module, name])
    }
    for (i = 1; i <= glob_count[module]; i++) arrow_to_all(module, globs[module, i], words)
  }
}

function is_test(module) {
  for (; module != ""; module = parent(module)) if (module in test_module) return 1
  return 0
}

function arrow(module, path,  found, parts) {
  found = resolve(module, path, 0)
  if (found == "") return
  split(found, parts, SUBSEP)
  tie(file_of[module], parts[1], parts[2])
}

# A glob is a use of what it brings in and the file names.
function arrow_to_all(module, path, words,  other, name) {
  resolve(module, path, 0)
  other = found_module
  if (other == "-") return
  for (name in words) if ((other, name) in defined || (other, name) in alias) arrow(module, path "::" name)
}

function tie(from, to, name) {
  if (from == to || (from, to, name) in tied) return
  tied[from, to, name]
  names[from, to] = names[from, to] == "" ? name : names[from, to] ", " name
  if (names[from, to] == name) leads[from, ++lead_count[from]] = to
}

function report(  i, j, one, other, seen, shown) {
  for (i = 1; i <= file_count; i++) reach(files[i], files[i])
  for (i = 1; i <= file_count; i++) {
    one = files[i]
    if (!((one, one) in reached) || one in seen) continue
    print "circles: these files of " root " need each other:"
    for (j = i; j <= file_count; j++) if ((one, files[j]) in reached && (files[j], one) in reached) seen[files[j]] = one
    for (j = i; j <= file_count; j++) if (in_circle(files[j], one, seen)) show(files[j], one, seen)
    failed = 1
  }
  exit failed
}

function reach(from, at,  i, to) {
  for (i = 1; i <= lead_count[at]; i++) {
    to = leads[at, i]
    if ((from, to) in reached) continue
    reached[from, to]
    reach(from, to)
  }
}

function in_circle(file, circle, seen) { return file in seen && seen[file] == circle }

function show(file, circle, seen,  i, to) {
  for (i = 1; i <= lead_count[file]; i++) {
    to = leads[file, i]
    if (in_circle(to, circle, seen))
      print "  " substr(file, length(root) + 2) " -> " substr(to, length(root) + 2) ": " names[file, to]
  }
}
