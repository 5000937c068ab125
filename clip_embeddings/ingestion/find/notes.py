"""Which files of a folder are no notes: sidecars, what systems leave, data, markup and programs.

Whoever gives a folder of photos means its pictures and what people wrote, and every text file would become
passages otherwise: the settings of a raw converter are found before the diary then. So files of these names
are left out where a folder or pattern is walked, and counted. One that is named outright, or by a pattern of
`include`, is read. All other texts are notes: .txt, .md, .rst, .org, .adoc, .tex, subtitles (.srt, .vtt),
web pages (.html), names of other endings and of none. Standard library only.
"""

import re
from os.path import splitext

SIDECARS = "sidecars"
SYSTEM = "system files"
DATA = "data files"
MARKUP = "markup"
CODE = "source code"
LOGS = "logs"
LICENCES = "licences"
TABLES = "tables of captions"

_ENDINGS: dict[str, tuple[str, str]] = {  # kind -> endings, and why
    SIDECARS: (
        ".xmp .aae .pp3 .dop .cos .on1 .nksc .arp .moff .modd .thm .lrv",
        "what cameras, phones and raw converters keep beside a photo: settings, edits, thumbnails",
    ),
    SYSTEM: (
        ".ini .lnk .url .webloc .desktop .plist .db .crdownload .part .tmp .bak .swp",
        "what systems and programs leave in folders; a link to a page is not the page",
    ),
    DATA: (
        ".json .jsonl .ndjson .geojson .csv .tsv .xml .yaml .yml .toml .cfg .conf .properties .lock .gpx "
        ".kml .tcx .vcf .ics .bib .po .sql .dat .ipynb",
        "read by programs; cut into passages it is noise. A table of captions is for manifests=",
    ),
    MARKUP: (
        ".mhtml .css .scss .sass .less .svg .rss .atom .xsl .xslt .dtd .xsd",
        "more tags than words. A drawing in SVG is not decoded, so it is no picture here",
    ),
    CODE: (
        ".py .pyi .pyx .js .mjs .cjs .jsx .ts .tsx .vue .c .h .cc .cpp .cxx .hpp .hh .cs .java .kt .kts "
        ".scala .swift .m .mm .go .rs .rb .php .pl .pm .lua .r .jl .dart .ex .exs .erl .hs .ml "
        ".clj .groovy .gradle .sh .bash .zsh .fish .bat .cmd .ps1 .vbs .asm .f90 .cmake .mk .glsl .hlsl "
        ".vert .frag .proto .map .diff .patch",
        "programs and what goes with them, comments included",
    ),
    LOGS: (".log .err .out .trace", "what programs say of themselves"),
}
NOT_NOTES: dict[str, str] = {
    ending: kind for kind, (endings, _) in _ENDINGS.items() for ending in endings.split()
}
"""Ending of a name, in lower case -> what such files are."""
REASONS: dict[str, str] = {kind: why for kind, (_, why) in _ENDINGS.items()} | {
    LICENCES: "of programs and themes: LICENSE, COPYING, in capitals as these have them",
    TABLES: "captions of the pictures around them belong to these: manifests=, --manifest",
}
"""Kind -> why it is left out."""

_NAMES = (
    (SYSTEM, re.compile(r"(eh)?thumbs\.db|desktop\.ini|icon\r|picasa\.ini|\.ds_store", re.IGNORECASE)),
    # Google Takeout cuts "photo.jpg.supplemental-metadata.json" at 51 characters, anywhere.
    (
        SIDECARS,
        re.compile(
            r".+\.(jpe?g|png|gif|webp|heic|heif|avif|tiff?|bmp|dng|mp4|mov|m4v|3gp|avi|mkv)(\.[a-z-]*)?"
            r"(\(\d+\))?\.json|.+\.supp[a-z-]*(\(\d+\))?\.json"
            r"|(metadata|print-subscriptions|shared_album_comments)(\(\d+\))?\.json",
            re.IGNORECASE,
        ),
    ),
    (LICENCES, re.compile(r"(UN)?LICEN[CS]E([-_.].*)?|COPYING([-_.].*)?")),
)


def kind_of(name: str) -> str | None:
    """What kind of file that is no note a name tells; None for a note, and for all else."""
    ending = splitext(name)[1].lower()  # noqa: PTH122 - of millions of names
    for kind, names in _NAMES:
        if (ending == ".json" or kind != SIDECARS) and names.fullmatch(name):
            return kind
    return NOT_NOTES.get(ending)
