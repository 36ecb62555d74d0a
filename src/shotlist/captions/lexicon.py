"""Closed lists of English words: colours, instruments, numbers, and capitals that name nobody."""

from collections.abc import Mapping


def _listed(text: str) -> list[str]:
    return text.split()


def _by_word(text: str) -> Mapping[str, frozenset[str]]:
    """Lines ``group: word word …``; of several groups (``green+blue``) any one will do."""
    pairs = (line.split(":") for line in text.strip().splitlines())
    return {word: frozenset(group.strip().split("+")) for group, words in pairs for word in words.split()}


COLOURS = _by_word("""
    black: black
    white: white ivory
    grey: grey gray silver silvery charcoal
    red: red reddish crimson scarlet maroon burgundy ruby
    orange: orange amber
    yellow: yellow yellowish golden
    green: green greenish emerald olive
    blue: blue bluish navy azure indigo
    green+blue: teal turquoise cyan aqua
    purple: purple violet lavender lilac mauve
    purple+red+pink: magenta
    pink: pink pinkish
    brown: brown brownish beige tan khaki
""")

INSTRUMENTS = _by_word("""
    piano: piano pianos pianist
    organ: organ organs organist
    keyboard: keyboard keyboards keyboardist
    synthesizer: synthesizer synthesizers synthesiser synthesisers synth synths
    guitar: guitar guitars guitarist
    bass: bass bassist
    banjo: banjo banjos
    ukulele: ukulele ukuleles
    mandolin: mandolin mandolins
    harp: harp harps harpist
    lute: lute lutes
    sitar: sitar sitars
    violin: violin violins violinist fiddle fiddles fiddler
    viola: viola violas
    cello: cello cellos cellist
    flute: flute flutes flutist flautist
    clarinet: clarinet clarinets clarinettist clarinetist
    oboe: oboe oboes
    bassoon: bassoon bassoons
    saxophone: saxophone saxophones saxophonist sax
    trumpet: trumpet trumpets trumpeter
    trombone: trombone trombones
    tuba: tuba tubas
    harmonica: harmonica harmonicas
    accordion: accordion accordions accordionist
    bagpipes: bagpipe bagpipes
    drum: drum drums drummer drumming percussion percussionist
    cymbal: cymbal cymbals
    tambourine: tambourine tambourines
    xylophone: xylophone xylophones
    marimba: marimba marimbas
    chimes: glockenspiel chimes
    strings: strings orchestra
""")

WHOLES = {"strings": ("violin", "viola", "cello"), "drum": ("cymbal",)}
"""Groups that may be said where one of their parts is known."""

_TEENS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBERS = {word: k for k, word in enumerate(_listed(_TEENS))} | {w: 10 * k for k, w in enumerate(_listed(_TENS), 2)}
SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
AMOUNTS = {"single": 1, "both": 2, "pair": 2, "couple": 2, "duo": 2, "twins": 2, "trio": 3, "dozen": 12}
"""They say a number in what is known, but claim none in a caption."""

OPENERS = frozenset(
    _listed("""
    a about above according across after all along although amid among an and another are around as at before behind
    below beneath beside between both but by during each every few finally first for four from he her here his how if
    in inside instead into is it its later many meanwhile more most near next no not of off on once one only onto or
    other our out outside over people several she some soon suddenly that the their them then there these they this
    those three through throughout to today together toward towards two under until up upon we what when where which
    while who with within without you young yet
""")
)
"""Words with which sentences begin, also before a name."""

EVERYDAY = frozenset(
    _listed("""
    i i'm i've i'd i'll tv tvs pov cgi led lcd dj ufo t-shirt t-shirts x-ray v-neck u-turn hd hdr vr ar ai ok suv suvs
    atm usb vhs cctv gps dna dvd cd cds pc pcs ceo lufs bpm hz khz db fps mph km kg
""")
)
"""Written in capitals, and no names."""
