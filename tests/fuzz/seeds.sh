#!/usr/bin/env bash
# Makes seeds of the samples and the conformance cases: tests/fuzz/corpus/<target>/.
set -euo pipefail
cd "$(dirname "$0")/../.."
corpus=tests/fuzz/corpus
mkdir -p "$corpus"/{check,convert,fix,records,ms932,file_name,config}
cp config.example.toml "$corpus/config/"
find spec/samples tests/conformance/cases -type f ! -name expected.json -printf '%h\n' | sort -u |
while read -r folder; do
    set=$(printf %s "$folder" | tr / +)
    : > "$corpus/check/$set"
    for file in "$folder"/*; do
        name=$(basename "$file")
        [ "$name" = expected.json ] && continue
        [ -s "$corpus/check/$set" ] && printf '\n\0\0\0\n' >> "$corpus/check/$set"
        { printf '%s\n' "$name"; cat "$file"; } >> "$corpus/check/$set"
        { printf '%s\n' "$name"; cat "$file"; } > "$corpus/fix/$set+$name"
        # The first byte says how long the pieces are.
        { printf '\7'; cat "$file"; } > "$corpus/records/$set+$name"
        cp "$file" "$corpus/ms932/$set+$name"
        printf %s "$name" > "$corpus/file_name/$name"
    done
    cp "$corpus/check/$set" "$corpus/convert/$set"
done
