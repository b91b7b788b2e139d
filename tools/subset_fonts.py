"""Make the two fonts that the reports are set in.

    python tools/subset_fonts.py NotoSansCJK-Regular.ttc NotoSansCJK-Bold.ttc

takes the Simplified Chinese face out of each collection, keeps the characters the reports may need, adds the
superscripts and subscripts the source lacks, renames the family (a changed font must not pass for the original)
and writes `DualcarbonSans-Regular.otf`, `DualcarbonSans-Bold.otf`, `coverage.txt` (the characters of Regular) and
`advances.txt` (the widths of its characters that are not one em wide) to the fonts folder.
The result depends on the sources alone: same input, same bytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from fontTools.misc.transform import Transform
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.recordingPen import RecordingPen
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

FACE = "Noto Sans CJK SC"
FAMILY = "Dualcarbon Sans"
FONTS = Path(__file__).resolve().parents[1] / "src/dualcarbon/report/fonts"
EPOCH = 3_660_000_000  # seconds since 1904: a fixed date in the head table

SUPERSCRIPTS = {"⁰": "0", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9", "⁺": "+", "⁻": "−", "ⁿ": "n"}
SUBSCRIPTS = {chr(0x2080 + d): str(d) for d in range(10)} | {"₊": "+", "₋": "−", "ₙ": "n"}
SMALL = 0.62
SIDE = 6
SUPERSCRIPT_SHIFT, SUBSCRIPT_SHIFT = 360, -140
SMALL_WEIGHT = {"Regular": 0.5, "Bold": 1.4}

LATIN_AND_SIGNS = (
    (0x20, 0x7E), (0xA0, 0x24F), (0x2B0, 0x2DD), (0x370, 0x3FF), (0x400, 0x45F), (0x1E00, 0x1EFF), (0x2000, 0x206F),
    (0x2070, 0x209C), (0x20A0, 0x20BF), (0x2100, 0x214F), (0x2150, 0x218F), (0x2190, 0x21FF), (0x2200, 0x22FF),
    (0x2460, 0x24FF), (0x2500, 0x257F), (0x25A0, 0x25FF), (0x2600, 0x266F), (0x2713, 0x2717), (0x3000, 0x303F),
    (0xFF00, 0xFFEF),
)  # fmt: skip


def signs() -> set[int]:
    """Latin, Greek, Cyrillic, punctuation, mathematical and full-width signs."""
    return {code for low, high in LATIN_AND_SIGNS for code in range(low, high + 1)}


def encodable(codec: str) -> set[int]:
    """Code points of the basic plane that a Chinese standard encodes."""
    found = set()
    for code in range(0x80, 0xFFFF):
        try:
            chr(code).encode(codec)
        except UnicodeEncodeError:
            continue
        found.add(code)
    return found


def sc_face(collection: Path) -> TTFont:
    """The Simplified Chinese face of a collection."""
    for font in TTCollection(collection, lazy=True).fonts:
        if font["name"].getDebugName(1) == FACE:
            return font
    raise SystemExit(f"{collection} has no face {FACE}")


def thin_out(font: TTFont, characters: Iterable[int]) -> None:
    """Keep the characters, their kerning, composition and Latin-width quotes; drop hints and vertical setting."""
    options = Options()
    options.hinting = False
    options.layout_features = ["kern", "ccmp", "mark", "pwid"]
    options.layout_scripts = ["DFLT", "latn", "hani", "grek", "cyrl"]
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE", "DSIG"]
    options.name_IDs = [0, 7, 13, 14]
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)


def add_small_characters(font: TTFont, light: TTFont, heavy: TTFont, weight: float) -> None:
    """Draw the missing superscripts and subscripts, heavier than the text, so that their strokes do not look thin."""
    for table, shift in ((SUPERSCRIPTS, SUPERSCRIPT_SHIFT), (SUBSCRIPTS, SUBSCRIPT_SHIFT)):
        for character, base in table.items():
            if ord(character) not in font.getBestCmap():
                append_glyph(font, ord(character), *scaled(light, heavy, ord(base), weight, shift))


def scaled(light: TTFont, heavy: TTFont, base: int, weight: float, shift: float) -> tuple[RecordingPen, int]:
    """One small outline and its width: the two faces blended, (1 - weight) light + weight heavy, shrunk and shifted."""
    outlines, widths = [], []
    for font in (light, heavy):
        name = font.getBestCmap()[base]
        pen = RecordingPen()
        font.getGlyphSet()[name].draw(TransformPen(pen, Transform(SMALL, 0, 0, SMALL, SIDE, shift)))
        outlines.append(pen.value)
        widths.append(font["hmtx"][name][0])
    result = RecordingPen()
    for (verb, thin), (other, thick) in zip(*outlines, strict=True):
        if verb != other:
            raise SystemExit(f"the outlines of U+{base:04X} differ between the faces")
        pairs = zip(thin, thick, strict=True)
        points = tuple(tuple(round(p + weight * (q - p)) for p, q in zip(*pair, strict=True)) for pair in pairs)
        result.value.append((verb, points))
    return result, round(SMALL * (widths[0] + weight * (widths[1] - widths[0]))) + 2 * SIDE


def append_glyph(font: TTFont, code: int, outline: RecordingPen, width: int) -> None:
    """Add one glyph to a CID-keyed font, in the private dictionary of its digits."""
    top = font["CFF "].cff.topDictIndex[0]
    group = top.FDSelect[font.getGlyphID(font.getBestCmap()[ord("2")])]
    private = top.FDArray[group].Private
    pen = T2CharStringPen(width - private.nominalWidthX, None)
    outline.replay(pen)
    charstring = pen.getCharString(private, top.GlobalSubrs)
    order = font.getGlyphOrder()
    name = next(n for n in (f"cid{number:05d}" for number in range(1, 65_535)) if n not in order)
    top.CharStrings.charStringsIndex.append(charstring)
    top.CharStrings.charStrings[name] = len(top.CharStrings.charStringsIndex) - 1
    top.FDSelect.gidArray.append(group)
    font.setGlyphOrder([*order, name])
    top.charset = font.getGlyphOrder()
    bounds = BoundsPen(font.getGlyphSet())
    charstring.draw(bounds)
    font["hmtx"][name] = (width, round(bounds.bounds[0]))
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[code] = name


def file_stem(style: str) -> str:
    """PostScript name and file name of one style."""
    return f"{FAMILY.replace(' ', '')}-{style}"


def rename(font: TTFont, style: str) -> None:
    """Name the font as a changed version, keeping copyright and licence."""
    names = font["name"]
    full = f"{FAMILY} {style}"
    for number, text in {
        1: FAMILY, 2: style, 3: f"{full}; from {FACE} 2.004", 4: full, 5: "Version 2.004",
        6: file_stem(style),
    }.items():  # fmt: skip
        names.setName(text, number, 3, 1, 0x409)
    top = font["CFF "].cff
    top.fontNames[0] = file_stem(style)
    top.topDictIndex[0].FullName = full
    top.topDictIndex[0].FamilyName = FAMILY


def make(collections: dict[str, Path], style: str, characters: set[int]) -> dict[int, int]:
    """Write one font and return the widths of its characters in thousandths of an em."""
    font = sc_face(collections[style])
    thin_out(font, characters)
    light, heavy = (sc_face(collections[name]) for name in ("Regular", "Bold"))
    add_small_characters(font, light, heavy, SMALL_WEIGHT[style])
    rename(font, style)
    font["head"].modified = font["head"].created = EPOCH
    font.recalcTimestamp = False
    font.save(FONTS / f"{file_stem(style)}.otf")
    return {code: font["hmtx"][name][0] for code, name in font.getBestCmap().items()}


def ranges(codes: set[int]) -> str:
    """Code points as lines `first-last` in hexadecimal."""
    ordered = sorted(codes)
    starts = [c for c in ordered if c - 1 not in codes]
    ends = [c for c in ordered if c + 1 not in codes]
    return "".join(f"{low:04X}-{high:04X}\n" for low, high in zip(starts, ends, strict=True))


def main() -> None:
    """Read the two collections named on the command line and write the fonts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("regular", type=Path)
    parser.add_argument("bold", type=Path)
    given = parser.parse_args()
    collections = {"Regular": given.regular, "Bold": given.bold}
    regular = make(collections, "Regular", signs() | encodable("gbk"))
    make(collections, "Bold", signs() | encodable("gb2312"))
    (FONTS / "coverage.txt").write_text(ranges(set(regular)), encoding="ascii")
    narrow = (f"{code:04X} {width}\n" for code, width in sorted(regular.items()) if width != 1000)
    (FONTS / "advances.txt").write_text("".join(narrow), encoding="ascii")


if __name__ == "__main__":
    main()
