# Finds import cycles among the source files of one crate; run by .ci/cycles. Its input is all source files, and `root`
# is their directory. A file has an edge to each file that defines a name which it uses. Re-exports are followed;
# declaring a module or re-exporting a name does not count as a use. Tests are ignored.
#
# It relies on rustfmt's layout: a line that begins in the first column begins an item of the file's module.

FNR == 1 { begin_file() }
in_tests(FILENAME) { next }
{ read_line($0) }
END { find_uses(); report() }

function begin_file(  path) {
  path = substr(FILENAME, length(root) + 2)
  sub(/\.rs$/, "", path)
  sub(/\/mod$/, "", path)
  # A binary beside a library is a separate crate, with this file only.
  if (path == "lib" || (path == "main" && !("" in file_of))) path = ""
  gsub(/\//, "::", path)
  module = path
  file_of[module] = FILENAME
  files[++file_count] = FILENAME
  in_string = skipping = 0
  statement = ""
}

function in_tests(path) { return path ~ /\/tests(\.rs$|\/)/ }

# Reads a line without its comments and strings. Skips it if it is compiled for tests only.
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
    # The end of the item: its last line is indented like its first.
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
  if (in_string) {
    if (line !~ /"/) return ""
    sub(/^[^"]*"/, "", line)
    in_string = 0
  }
  gsub(/"[^"]*"/, "", line)
  if (line ~ /^[^"]*\/\//) sub(/\/\/.*/, "", line)
  if (line ~ /"/) { sub(/".*/, "", line); in_string = 1 }
  sub(/ +$/, "", line)
  return line
}

# Records the item that the line defines, if it begins in the first column.
function define(line) {
  if (line !~ /^(pub(\([^)]*\))? )?((async|const|unsafe|extern) )*(fn|struct|enum|union|trait|type|const|static|mod|macro_rules!) [A-Za-z_0-9]+/) return
  sub(/^(pub(\([^)]*\))? )?((async|const|unsafe|extern) )*(fn|struct|enum|union|trait|type|const|static|mod|macro_rules!)? ?/, "", line)
  sub(/^mut /, "", line)
  sub(/[^A-Za-z_0-9].*/, "", line)
  defined[module, line]
}

# Records every name that a `use` imports into the module.
function import(tree) {
  sub(/;.*/, "", tree)
  sub(/^ *(pub(\([^)]*\))? )?use /, "", tree)
  gsub(/ as /, "@", tree)
  gsub(/[ ,]+}/, "}", tree)
  gsub(/ /, "", tree)
  import_tree("", tree)
}

function import_tree(prefix, tree,  brace, inner, depth, from, i, char, path, name) {
  brace = index(tree, "{")
  if (brace) {
    prefix = prefix substr(tree, 1, brace - 1)
    inner = substr(tree, brace + 1, length(tree) - brace - 1) ","
    depth = 0; from = 1
    for (i = 1; i <= length(inner); i++) {
      char = substr(inner, i, 1)
      if (char == "{") depth++
      else if (char == "}") depth--
      else if (char == "," && depth == 0) {
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
  reexported[module, name] = is_public
}

function join(module, name) { return module == "" ? name : module "::" name }

function parent(module) { return sub(/::[^:]*$/, "", module) ? module : "" }

# Returns the file and the name that a path in a module refers to. Empty if it belongs to another crate, or is only a
# module, which is then in `found_module`.
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
    # The name of another crate, imported by itself.
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
    # A name of another crate is attributed to the file that re-exports it.
    return path == "" && found_module == "-" ? file_of[module] SUBSEP name : path
  }
  for (g = 1; g <= glob_count[module]; g++) {
    resolve(module, globs[module, g], depth + 1)
    if (found_module == "-") continue
    path = found_module
    if ((path, name) in defined || (path, name) in alias || join(path, name) in file_of)
      return resolve(path, "self::" name, depth + 1)
  }
  # Generated by a macro in that file.
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
        if (name ~ /::/) add_edges(module, name)
        sub(/::.*/, "", name)
        words[name]
      }
    }
    n = import_count[module]
    for (i = 1; i <= n; i++) {
      name = imported[module, i]
      if (!reexported[module, name] || name in words) add_edges(module, alias[module, name])
    }
    for (i = 1; i <= glob_count[module]; i++) add_glob_edges(module, globs[module, i], words)
  }
}

function is_test(module) {
  for (; module != ""; module = parent(module)) if (module in test_module) return 1
  return 0
}

function add_edges(module, path,  found, parts) {
  found = resolve(module, path, 0)
  if (found == "") return
  split(found, parts, SUBSEP)
  add_edge(file_of[module], parts[1], parts[2])
}

# A glob import uses those of its names that occur in the file.
function add_glob_edges(module, path, words,  other, name) {
  resolve(module, path, 0)
  other = found_module
  if (other == "-") return
  for (name in words) if ((other, name) in defined || (other, name) in alias) add_edges(module, path "::" name)
}

function add_edge(from, to, name) {
  if (from == to || (from, to, name) in has_edge) return
  has_edge[from, to, name]
  names[from, to] = names[from, to] == "" ? name : names[from, to] ", " name
  if (names[from, to] == name) edges[from, ++edge_count[from]] = to
}

function report(  i, j, one, other, seen, shown) {
  for (i = 1; i <= file_count; i++) mark_reachable(files[i], files[i])
  for (i = 1; i <= file_count; i++) {
    one = files[i]
    if (!((one, one) in reachable) || one in seen) continue
    print "cycles: these files of " root " import each other:"
    for (j = i; j <= file_count; j++) if ((one, files[j]) in reachable && (files[j], one) in reachable) seen[files[j]] = one
    for (j = i; j <= file_count; j++) if (in_cycle(files[j], one, seen)) print_edges(files[j], one, seen)
    failed = 1
  }
  exit failed
}

function mark_reachable(from, at,  i, to) {
  for (i = 1; i <= edge_count[at]; i++) {
    to = edges[at, i]
    if ((from, to) in reachable) continue
    reachable[from, to]
    mark_reachable(from, to)
  }
}

function in_cycle(file, cycle, seen) { return file in seen && seen[file] == cycle }

function print_edges(file, cycle, seen,  i, to) {
  for (i = 1; i <= edge_count[file]; i++) {
    to = edges[file, i]
    if (in_cycle(to, cycle, seen))
      print "  " substr(file, length(root) + 2) " -> " substr(to, length(root) + 2) ": " names[file, to]
  }
}
