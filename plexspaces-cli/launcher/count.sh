# Adds up test results. To be sourced.

# surefire_counts ROOT: "passed failed skipped" over the surefire reports of all modules under ROOT.
surefire_counts() {
  find "$1" -path '*/node_modules' -prune -o -path '*/target/surefire-reports/TEST-*.xml' -print0 |
    xargs -0 awk '
      FNR == 1 { done = 0 }
      !done && /<testsuite / { open = 1; head = "" }
      open && !done { head = head " " $0; if (/>/) { open = 0; done = 1; add(head) } }
      function attribute(s, name) {
        if (!match(s, "[ \t]" name "=\"[0-9]+\"")) return 0
        s = substr(s, RSTART, RLENGTH); gsub(/[^0-9]/, "", s); return s + 0
      }
      function add(s) {
        t += attribute(s, "tests"); f += attribute(s, "failures") + attribute(s, "errors")
        k += attribute(s, "skipped")
      }
      END { print t - f - k + 0, f + 0, k + 0 }' /dev/null
}

# node_counts FILE...: the same over what "node --test --test-reporter=tap" printed.
node_counts() {
  awk '
    /^# pass [0-9]+/ { p += $3 }
    /^# (fail|cancelled) [0-9]+/ { f += $3 }
    /^# (skipped|todo) [0-9]+/ { k += $3 }
    END { print p + 0, f + 0, k + 0 }' /dev/null "$@"
}

# pytest_tap LOG: the closing line of pytest ("3 passed, 1 failed, 2 skipped in 0.1s") as TAP's.
pytest_tap() {
  awk '
    / in [0-9.]+s/ { last = $0 }
    function number(word) {
      return match(last, "[0-9]+ " word) ? substr(last, RSTART, RLENGTH) + 0 : 0
    }
    END {
      print "# pass " number("passed") + number("xfailed")
      print "# fail " number("failed") + number("error")
      print "# skipped " number("skipped")
    }' "$1"
}
