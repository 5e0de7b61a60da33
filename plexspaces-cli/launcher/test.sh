#!/usr/bin/env bash
# Tests what the scripts share. Prints TAP; ./test counts it.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./jdk.sh
. ./count.sh

box=$(mktemp -d)
trap 'rm -rf "$box"' EXIT
n=0 failed=0
is() { # is WHAT EXPECTED ACTUAL
  n=$((n + 1))
  if [ "$2" = "$3" ]; then
    printf 'ok %d - %s\n' "$n" "$1"
  else
    failed=$((failed + 1))
    printf 'not ok %d - %s\n# expected: %s\n# but was:  %s\n' "$n" "$1" "$2" "$3"
  fi
}

jdk() { # jdk NAME VERSION [without javac]
  mkdir -p "$box/$1/bin"
  printf '#!/bin/sh\necho "openjdk version \\"%s\\" 2026" >&2\n' "$2" >"$box/$1/bin/java"
  chmod +x "$box/$1/bin/java"
  printf 'IMPLEMENTOR="x"\nJAVA_VERSION="%s"\n' "$2" >"$box/$1/release"
  [ -n "${3:-}" ] || { printf '' >"$box/$1/bin/javac"; chmod +x "$box/$1/bin/javac"; }
}
jdk 'old one' 17.0.9
jdk 'right one' 25.0.3
jdk newer 26-ea
jdk jre 25.0.1 without
jdk ancient 1.8.0_402
jdk 'no release file' 27.1
rm "$box/no release file/release"

is 'reads a version' 25 "$(jdk_major "$box/right one")"
is 'reads an early access version' 26 "$(jdk_major "$box/newer")"
is 'reads the old way of numbering' 8 "$(jdk_major "$box/ancient")"
is 'asks java where there is no release file' 27 "$(jdk_major "$box/no release file")"
is 'takes no JRE' fails "$(jdk_major "$box/jre" || echo fails)"
is 'takes no empty folder' fails "$(jdk_major "$box" || echo fails)"

places=
jdk_places() { printf '%s\n' "$places"; }
places="$box/old one
$box/jre
$box/right one
$box/newer"
is 'finds the first that fits, spaces and all' "$box/right one" "$(find_jdk)"
places="$box/old one
$box/jre"
is 'finds none where there is none' fails "$(find_jdk || echo fails)"
. ./jdk.sh
is 'looks at JAVA_HOME first' "$box/right one" "$(JAVA_HOME="$box/right one" find_jdk)"
ln -s "$box/newer/bin/java" "$box/link"
mkdir "$box/path"
ln -s ../link "$box/path/java"
is 'follows the links of java on the PATH' "$box/newer" "$(JAVA_HOME='' PATH="$box/path:$PATH" find_jdk)"

mkdir -p "$box/m/target/surefire-reports" "$box/m 2/target/surefire-reports"
cat >"$box/m/target/surefire-reports/TEST-a.xml" <<'X'
<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="x" version="3.0.2" name="a" time="0.4" tests="7" errors="1" skipped="2" failures="1">
  <testcase name="says tests=&quot;99&quot;" tests="99"/>
</testsuite>
X
cat >"$box/m 2/target/surefire-reports/TEST-b.xml" <<'X'
<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="b"
  tests="5" errors="0"
  skipped="0" failures="0">
</testsuite>
X
is 'adds up surefire reports' '8 2 2' "$(surefire_counts "$box")"
is 'counts nothing where nothing ran' '0 0 0' "$(surefire_counts "$box/path")"
printf '# tests 5\n# pass 3\n# fail 1\n# cancelled 0\n# skipped 1\n# todo 0\n' >"$box/a.tap"
is 'adds up node suites' '6 2 2' "$(node_counts "$box/a.tap" "$box/a.tap")"
is 'adds up no suites' '0 0 0' "$(node_counts)"
printf '..F\nE  took 1 failed in 9s\n1 failed, 12 passed, 3 skipped, 1 error in 0.25s\n' >"$box/pytest.log"
pytest_tap "$box/pytest.log" >"$box/pytest.tap"
is 'reads what pytest closed with' '12 2 3' "$(node_counts "$box/pytest.tap")"
printf 'no tests ran in 0.01s\n' >"$box/pytest.log"
is 'reads a pytest without tests' '# pass 0' "$(pytest_tap "$box/pytest.log" | head -n 1)"

printf '1..%d\n# pass %d\n# fail %d\n' "$n" $((n - failed)) "$failed"
[ "$failed" = 0 ]
