"""The words of the English captions, as data. Imports nothing.

Alternatives are separated by commas, the commonest first. In a phrase for a place, "~" marks where
an adjective may be put in; "*" stands for the colour of a backdrop.
"""


def alternatives(table: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Split every entry of a table at its commas."""
    return {key: tuple(part.strip() for part in text.split(",")) for key, text in table.items()}


NOUNS = alternatives({
    "cat": "cat, kitty, kitten, cat, feline, pussycat",
    "dog": "dog, puppy, doggy, dog, pup, hound, pooch",
    "horse": "horse, pony, horse, steed",
    "elephant": "elephant, elephant, pachyderm",
    "rabbit": "rabbit, bunny, rabbit, bunny rabbit, coney",
    "bird": "bird, birdie, bird, songbird",
    "butterfly": "butterfly",
    "man": "man, guy, gentleman, man, fellow",
    "woman": "woman, lady, woman, gal",
    "car": "car, automobile, car, auto, motorcar",
    "bus": "bus, coach, bus, omnibus",
    "bicycle": "bicycle, bike, bicycle, pushbike",
    "boat": "boat, ship, boat, vessel",
    "airplane": "airplane, plane, aeroplane, jet, aircraft",
    "tree": "tree",
    "flower": "flower, blossom, flower, bloom",
    "cactus": "cactus, cactus, cactus plant",
    "mushroom": "mushroom, toadstool, mushroom, fungus",
    "house": "house, home, house, cottage",
    "umbrella": "umbrella, parasol, umbrella, brolly",
    "ball": "ball, ball, toy ball, bouncy ball",
    "balloon": "balloon, hot-air balloon, hot air balloon",
    "chair": "chair, chair, seat",
    "tent": "tent, camping tent, tent",
})  # fmt: skip
KIND_NOUNS = alternatives({
    "animal": "animal, creature, animal, critter",
    "person": "person, human, person, human figure",
    "vehicle": "vehicle, vehicle, means of transport",
    "plant": "plant",
    "thing": "object, thing, item",
})  # fmt: skip
PLURALS = {
    "person": "people", "cactus": "cacti", "fungus": "fungi", "aircraft": "aircraft",
    "means of transport": "means of transport",
}  # fmt: skip
COLORS = alternatives({
    "red": "red, red, red, scarlet, crimson", "blue": "blue, blue, blue, azure", "yellow": "yellow",
    "green": "green, green, green, emerald-green", "white": "white",
    "black": "black, black, black, jet-black",
    "brown": "brown, brown, brown, chestnut-brown", "grey": "grey, gray", "purple": "purple, purple, violet",
    "pink": "pink, pink, rosy pink", "orange": "orange",
})  # fmt: skip
# Where one would not use the plain word: fur has names of its own, an "orange tree" bears oranges.
SPECIAL_COLORS = {
    ("cat", "orange"): ("orange", "ginger", "orange"), ("tree", "orange"): ("orange-leaved", "autumn-orange"),
    ("tree", "pink"): ("pink", "pink-leaved", "pink"),
}  # fmt: skip
DRESSED = ("in *", "in *", "dressed in *", "in * clothes", "wearing *")
SIZES = alternatives({"small": "small, little, tiny, small", "large": "large, big, huge, big"})
NUMBERS = {1: ("one", "a single"), 2: ("two", "two", "two", "a pair of"), 3: ("three", "three", "a trio of")}
HAPPY = ("happy", "happy", "joyful", "cheerful")

POSES = alternatives({
    "standing": "standing", "running": "running, running, running, dashing, racing",
    "sitting": "sitting, sitting, seated", "flying": "flying, flying, soaring",
})  # fmt: skip
SPECIAL_POSES = {"butterfly": ("flying", "fluttering"), "balloon": ("floating", "flying", "drifting")}
# What things do that is no pose of its own: said only where a place follows.
RESTING = alternatives({
    "car": "parked", "bus": "parked", "bicycle": "parked", "tree": "growing", "flower": "growing, blooming",
    "cactus": "growing", "mushroom": "growing", "tent": "pitched", "ball": "lying",
    "boat": "floating, drifting",
})  # fmt: skip
POSITIONS = alternatives({
    "left": "on the left, on the left, on the left side, at the left, on the left-hand side",
    "center": "in the middle, in the center, in the centre, in the middle",
    "right": "on the right, on the right, on the right side, at the right, on the right-hand side",
})  # fmt: skip
FRAMES_OF = ("of the picture", "of the image", "of the scene")

SCENERY = alternatives({
    "beach": "the ~beach, a ~beach, the ~shore, the ~seaside, a ~sandy beach, the ~seashore",
    "sea": "the ~sea, the ~ocean, the ~sea, the ~open sea",
    "mountains": "~mountains, the ~mountains, a ~mountain landscape, a ~landscape with mountains, "
    "mountain peaks, snow-capped mountains",
    "forest": "the ~forest, a ~forest, the ~woods, ~woodland",
    "city": "the ~city, a ~city, a ~town, a ~city street, a ~street in the city, the ~city skyline",
    "desert": "the ~desert, a ~desert, a ~desert landscape, desert dunes, the sandy desert",
    "snow": "a snowy field, a snow-covered field, a winter landscape, a snowy landscape, a field of snow",
    "meadow": "a ~meadow, the ~meadow, a ~grassy field, the ~grassland, ~grassland",
})  # fmt: skip
ON = alternatives({
    "beach": "on the ~beach, on a ~beach, on the ~shore, at the ~seaside, on a ~sandy beach",
    "sea": "on the ~sea, on the ~ocean, out at sea, on the ~sea",
    "mountains": "in the ~mountains, in the ~mountains, in a ~mountain landscape, in front of the ~mountains",
    "forest": "in the ~forest, in a ~forest, in the ~woods",
    "city": "in the ~city, in a ~city, in a ~town, on a ~city street, on a street in a ~city",
    "desert": "in the ~desert, in a ~desert, in the sandy desert",
    "snow": "in the snow, on a snowy field, in a snowy field, in a winter landscape, on snow-covered ground",
    "meadow": "in the ~meadow, in a ~meadow, in a ~grassy field, on the ~grassland",
})  # fmt: skip
AT = {
    **ON,
    **alternatives({
        "beach": "at the ~beach, at the ~beach, by the ~shore, at the ~seaside",
        "sea": "by the ~sea, out at sea, by the ~ocean",
    }),
}  # fmt: skip
OVER = alternatives({
    "beach": "over the ~beach, above the ~shore, over a ~beach, above the ~seaside",
    "sea": "over the ~sea, above the ~ocean, over the ~ocean",
    "mountains": "over the ~mountains, above the ~mountains, over a ~mountain landscape",
    "forest": "over the ~forest, above the ~woods, over a ~forest",
    "city": "over the ~city, above a ~city, over a ~town",
    "desert": "over the ~desert, above a ~desert, over the ~desert",
    "snow": "over a snowy field, over the snow, above a winter landscape",
    "meadow": "over a ~meadow, above the ~meadow, over a ~grassy field, above the ~grassland",
})  # fmt: skip
ALONG = alternatives({
    "beach": "on the ~beach, along the ~beach, across a ~beach, along the ~shore",
    "sea": "on the ~sea",
    "mountains": "in the ~mountains, through the ~mountains, through a ~mountain landscape",
    "forest": "through the ~forest, in the ~forest, through the ~woods",
    "city": "through the ~city, in the ~city, down a ~city street, through a ~town",
    "desert": "across the ~desert, in the ~desert, through a ~desert",
    "snow": "through the snow, in the snow, across a snowy field, through a winter landscape",
    "meadow": "across a ~meadow, through the ~meadow, in a ~grassy field, over the ~grassland",
})  # fmt: skip
BY_BEACH = ("by the ~beach", "by the ~beach", "at the ~beach", "near the ~shore", "by the ~shore")
BACKDROP_PHRASES = (
    "on a * background", "on a plain * background", "against a plain * background",
    "in front of a * backdrop", "on a solid * background", "against a * backdrop", "with a * background",
)  # fmt: skip
PLAIN_PHRASES = ("on a plain background", "against a plain backdrop", "on a blank background")

TIMES = alternatives({
    "day": "by day, during the day, in the daytime, in daylight, at midday, in broad daylight",
    "sunset": "at sunset, at dusk, at sundown, in the golden hour, in the evening glow, at twilight, "
    "in the light of the setting sun",
    "night": "at night, at night, under the night sky, after dark, in the dark of night, by night",
})  # fmt: skip
TIME_NOUNS = alternatives({
    "day": "daytime, daylight, midday", "sunset": "sunset, sunset, dusk, sundown, evening glow, golden hour",
    "night": "night, nighttime, night sky",
})  # fmt: skip
WEATHERS = alternatives({
    "clear": "under a clear sky, in clear weather, under a cloudless sky, in fine weather",
    "cloudy": "under a cloudy sky, in cloudy weather, under an overcast sky, under the clouds",
    "rain": "in the rain, in the rain, in rainy weather, in pouring rain, in wet weather",
})  # fmt: skip
WEATHER_NOUNS = alternatives({
    "clear": "clear sky, clear weather, cloudless sky, fine weather",
    "cloudy": "clouds, cloudy sky, overcast sky",
    "rain": "rain, rainy weather, rainfall",
})  # fmt: skip
WEATHER_ADJECTIVES = alternatives({"cloudy": "cloudy, overcast", "rain": "rainy, rainy, rainy, rain-soaked"})
DAYS = alternatives({
    "day clear": "sunny day, clear day, bright sunny day, sunny afternoon, fine cloudless day",
    "day cloudy": "cloudy day, overcast day, cloudy afternoon",
    "day rain": "rainy day, rainy afternoon, wet day",
    "sunset clear": "clear evening at sunset, clear evening at dusk, cloudless evening at sundown",
    "sunset cloudy": "cloudy evening at sunset, overcast evening at dusk, cloudy evening at sundown",
    "sunset rain": "rainy evening at sunset, rainy evening at dusk, wet evening at sundown",
    "night clear": "clear night, cloudless night", "night cloudy": "cloudy night, overcast night",
    "night rain": "rainy night, rainy night, wet night",
})  # fmt: skip

MEDIA = (
    "photo", "photo", "photo", "picture", "picture", "image", "photograph", "drawing", "illustration",
    "painting",
    "snapshot", "cartoon", "sketch",
)  # fmt: skip
PROMPTS = (
    "a {} of", "a {} of", "a {} of", "the {} of", "a {} showing", "a simple {} of", "a beautiful {} of",
)  # fmt: skip
CLOSE_UPS = ("close-up of {}", "a close-up of {}", "{}, close-up", "{} up close")
SEEING = ("you can see", "the picture shows", "we see", "the image shows")
CLOSE_UP_FRAMES = (
    "this is a close-up of {}", "the {medium} shows {} up close", "here we see {} up close",
    "this is {} up close",
    "the {medium} is a close-up of {}",
)  # fmt: skip
SCENERY_FRAMES = (
    "the {medium} shows {}", "this is a {medium} of {}", "here we see {}", "this {medium} shows {}",
)  # fmt: skip
NAMES_EN = {thing: words[0] for thing, words in NOUNS.items()}
PLACE_NAMES_EN = {
    "beach": "beach", "sea": "sea", "mountains": "mountain landscape", "forest": "forest", "city": "city",
    "desert": "desert", "snow": "snowy field", "meadow": "meadow", "plain": "plain background",
}  # fmt: skip
TIME_NAMES_EN = {"day": "day", "sunset": "sunset", "night": "night"}
