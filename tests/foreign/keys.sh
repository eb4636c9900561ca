#!/bin/sh
# Keys and certificates for trying things out, by OpenSSL 3.
#
#   keys.sh pinned OFFICE…      P-256, each certificate issued by itself
#   keys.sh authority OFFICE…   RSA, under middle.pem, under root.pem
#
# Writes OFFICE/tls.pem, tls.key, signing.pem and signing.key into the current folder; under an
# authority also root.pem, and the certificates have the one between behind them.
set -eu
kind=$1
shift

cat >keys.cnf <<'END'
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[tls]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
[signing]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = emailProtection
END

# certify FILE NAME SECTION MORE… : FILE.key and FILE.pem
certify() {
    file=$1 name=$2 section=$3
    shift 3
    openssl req -x509 -config keys.cnf -extensions "$section" -subj "/CN=$name" -days 365 -noenc \
        -keyout "$file.key" -out "$file.pem" "$@" 2>keys.log || { cat keys.log >&2; exit 1; }
    chmod 600 "$file.key"
}

if [ "$kind" = authority ]; then
    certify root "Root of an example" authority -newkey rsa:2048
    certify middle "Authority of an example" authority -newkey rsa:2048 -CA root.pem -CAkey root.key
fi
for office; do
    mkdir -p "$office"
    for use in tls signing; do
        if [ "$kind" = authority ]; then
            certify "$office/$use" "$office" $use -newkey rsa:2048 -CA middle.pem -CAkey middle.key
            cat middle.pem >>"$office/$use.pem"
        else
            certify "$office/$use" "$office" $use -newkey ec -pkeyopt ec_paramgen_curve:P-256
        fi
    done
done
