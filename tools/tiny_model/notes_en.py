"""English words and templates for recipes, diaries, bills and minutes, as data. Imports words.

Nothing here names what can be drawn. Slots are those of `unrelated_en.py`, and {d} a dish, in steps {f} an
ingredient and {n} a number.
"""

from tools.tiny_model.words import words

UNITS = ("grams", "cups", "teaspoons", "tablespoons", "ounces", "slices", "pounds", "pinches", "milliliters")
FOODS = words("""
flour sugar butter garlic onion cheese rice pasta tofu spinach potato carrot honey yeast vinegar milk basil
cumin paprika chocolate cinnamon mustard cabbage tomato cucumber yogurt ginger parsley pork beef chicken
salmon shrimp noodles beans lentils eggs cream oil pepper salt broth soy sesame kimchi
scallions leeks oats almonds
""")
DISHES = tuple(
    dish.replace("_", " ")
    for dish in words("""
stew goulash lasagna risotto omelette pancakes waffles curry ramen chili chowder casserole dumplings meatloaf
porridge lentil_soup tomato_soup shortbread brownies muffins bread pizza salad kimchi_stew bibimbap tacos
paella ratatouille quiche gnocchi dhal pudding crumble pickles jam fried_rice
""")
)
STEPS = (
    "Stir until smooth", "Preheat the oven", "Let it rest for {n} minutes", "Chop the {f} finely",
    "Simmer gently",
    "Whisk in the {f}", "Add the {f} and mix well", "Season with salt", "Bake for {n} minutes",
    "Drain and rinse",
    "Fold in the {f}", "Serve with {f}", "Knead the dough", "Fry the {f} with the {f}", "Pour in the {f}",
    "Bring to a boil and add the {f}", "Rest the batter for {n} minutes", "Cook for {n} more minutes",
    "Taste and add {f} if needed", "Cover and leave to stand", "Soak the {f} overnight", "Skim off the fat",
)  # fmt: skip
RECIPE_TITLES = (
    "{d}", "# {d}", "How to make {d}", "# How to make {d}", "{d} for {n}", "Tonight: {d}", "Simple {d}",
    "Grandmother's {d}", "{d} (serves {n})", "Recipe: {d}",
)  # fmt: skip
DIARY = (
    "today was all about the {n}", "could not sleep because of the {n}", "talked to the {p} for an hour",
    "I should {v} the {n} tomorrow", "on {w} I meet the {p}", "started to study {t} again",
    "spent too much on the {n}", "the story about the {n} made me sad", "I keep thinking of the {a} {n}",
    "had {d} for dinner", "lost my {n} and feel {a}", "wrote a letter to the {p}", "I miss the {n}",
    "the new {n} is already broken", "finally managed to {v} the {n}",
)  # fmt: skip
BILLS = (
    "{n} fee {i}.{i}, due on the {i}th", "rent {i}0, {n} {i}.50, total {i}0", "{i} x {n} {i}.99",
    "card payment {i}.{i} {n}", "{n}, instalment {i} of {i}", "including VAT {i}.{i}",
    "account: {n} {i}-{i}-{i}", "estimate for the {n} repair: {i}0",
)  # fmt: skip
MINUTES = (
    "Present: {p}, {p}, {p}", "Agenda: {n} {n}", "Decided: {v} the {n}", "{p}: {v} the {n} by {w}",
    "the {n} budget is over by {i} percent", "Next meeting: {w}, {i}:00", "the {n} report was accepted",
    "the contract with the {p} is extended by {i} years", "Open: {a} {n}",
)  # fmt: skip
