# Finds a JDK for ./plexspaces and ./test. To be sourced; works with bash 3.2 (macOS).

JDK_NEEDED=25

# The places where a JDK may be, best first, one a line.
jdk_places() {
  local java target place
  [ -z "${JAVA_HOME:-}" ] || printf '%s\n' "$JAVA_HOME"
  if java=$(command -v java 2>/dev/null); then
    # /usr/bin/java is a link to a link to the real one.
    while [ -L "$java" ]; do
      target=$(readlink "$java")
      case $target in
        /*) java=$target ;;
        *) java=$(dirname "$java")/$target ;;
      esac
    done
    printf '%s\n' "$(dirname "$(dirname "$java")")"
  fi
  for place in /usr/lib/jvm/* /usr/java/* /usr/local/java/* /opt/* /opt/java/* /opt/jdk/* \
    "${HOME:-/}"/.sdkman/candidates/java/* "${HOME:-/}"/.jdks/* "${HOME:-/}"/.local/share/mise/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    [ ! -d "$place" ] || printf '%s\n' "$place"
  done
  if [ -x /usr/libexec/java_home ]; then
    /usr/libexec/java_home -v "$JDK_NEEDED+" 2>/dev/null || true
  fi
}

# jdk_major DIR: the feature release of the JDK in DIR; fails if there is no JDK (a JRE does not do).
jdk_major() {
  local line version=
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
  if [ -r "$1/release" ]; then
    while IFS= read -r line || [ -n "$line" ]; do
      case $line in JAVA_VERSION=*) version=${line#JAVA_VERSION=} ;; esac
    done <"$1/release"
  fi
  if [ -z "$version" ]; then
    version=$("$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([^"]*\)".*/\1/p') || return 1
  fi
  version=${version//\"/}
  version=${version#1.} # 1.8 was 8
  version=${version%%[!0-9]*}
  [ -n "$version" ] && printf '%s\n' "$version"
}

# Prints the first JDK that is new enough, or fails.
find_jdk() {
  local place major
  while IFS= read -r place; do
    if major=$(jdk_major "$place") && [ "$major" -ge "$JDK_NEEDED" ]; then
      printf '%s\n' "$place"
      return 0
    fi
  done < <(jdk_places)
  return 1
}

jdk_missing() {
  printf '%s\n' "PlexSpaces needs a JDK $JDK_NEEDED or newer and found none: install one (https://adoptium.net, \"sdk install java 25-tem\", \"brew install openjdk\") or set JAVA_HOME to it."
}

# How to install a package on this machine: install_hint APT_PACKAGES BREW_PACKAGES OTHERWISE
install_hint() {
  if command -v apt-get >/dev/null 2>&1; then
    printf 'sudo apt-get install %s' "$1"
  elif command -v brew >/dev/null 2>&1; then
    printf 'brew install %s' "$2"
  else
    printf '%s' "$3"
  fi
}
