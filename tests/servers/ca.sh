#!/bin/bash
# tests/servers/ca.sh DIR: an authority of the tests' own and what it signed, made anew each time
# so that nothing in the checkout can expire (needs openssl).
#
#   ca.pem                the authority
#   good.pem, .key        localhost, 127.0.0.1, ::1
#   domain.pem, .key      agency.test, dav.agency.test
#   wronghost.pem, .key   not-localhost.invalid
#   expired.pem, .key     ended yesterday
#   selfsigned.pem, .key  signed by nobody else
#
# Elliptic keys: an RSA key takes a second to find.
set -eu
mkdir -p "$1"
cd "$1"

quietly() {
    openssl "$@" 2>openssl.log || {
        cat openssl.log >&2
        exit 1
    }
}
key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)

# leaf NAME ALTERNATIVE-NAMES FROM TO
leaf() {
    quietly req "${key[@]}" -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' "$2" >"$1.ext"
    rm -rf db
    mkdir db
    : >db/index.txt
    openssl rand -hex 8 >db/serial
    cat >db/ca.cnf <<'END'
[ca]
default_ca = own
[own]
database = db/index.txt
serial = db/serial
new_certs_dir = db
default_md = sha256
policy = any
[any]
commonName = supplied
END
    quietly ca -batch -config db/ca.cnf -cert ca.pem -keyfile ca.key -in "$1.csr" -out "$1.pem" \
        -extfile "$1.ext" -startdate "$3" -enddate "$4" -notext
}

day() {
    date -u -d "$1" +%Y%m%d%H%M%SZ
}

quietly req -x509 "${key[@]}" -keyout ca.key -out ca.pem -days 3650 -subj '/CN=Authority of the tests' \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
leaf good 'DNS:localhost,IP:127.0.0.1,IP:::1' "$(day '-1 day')" "$(day '+30 days')"
leaf domain 'DNS:agency.test,DNS:dav.agency.test' "$(day '-1 day')" "$(day '+30 days')"
leaf wronghost 'DNS:not-localhost.invalid' "$(day '-1 day')" "$(day '+30 days')"
leaf expired 'DNS:localhost,IP:127.0.0.1' "$(day '-10 days')" "$(day '-1 day')"
quietly req -x509 "${key[@]}" -keyout selfsigned.key -out selfsigned.pem -days 30 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE
rm -rf db ./*.csr ./*.ext openssl.log
