"""English words and templates for texts that belong to no picture, as data. Imports words.

Nothing here names what can be drawn: no class, place, time of day or weather of `scenes.py`.
"""

from tools.tiny_model.words import words

NOUNS = words("""
account accountant acquisition agenda allowance annuity asset auction audit auditor balance bank bankruptcy
benchmark bond bonus brand broker budget capital cash client commission commodity competitor compliance
consumer contract corporation cost credit creditor currency customer debt deficit deposit discount dividend
earnings economy employee employer enterprise equity estimate exchange expense export finance forecast
franchise fund income inflation insurance inventory investment investor invoice ledger lender liability loan
loss manager margin market merger mortgage negotiation overdraft partner payment payroll pension portfolio
premium price procurement profit proposal purchase quota receipt refund reimbursement report retailer
revenue royalty salary sales savings shareholder shipment stakeholder startup stock strategy subsidy
supplier surplus tariff tax trader transaction treasury turnover valuation vendor voucher wage warranty
wholesale acid algorithm alloy antibody atom bacteria battery biology catalyst cell chemistry chromosome
circuit compound conductor crystal density diode electrolyte electron element energy enzyme equation
evolution experiment fossil frequency friction galaxy gene genome geology gravity hydrogen hypothesis
isotope laboratory laser lens magnet membrane metabolism microscope molecule mutation neuron neutron
nitrogen nucleus orbit organism oxygen particle photon physics plasma polymer pressure protein proton
quantum radiation reactor researcher resistor satellite scientist semiconductor sensor solvent spectrum
telescope theory thermometer transistor uranium vacuum velocity viscosity voltage wavelength allergy
anesthesia antibiotic appendix artery arthritis asthma bandage biopsy bladder blood bone brain capsule
cardiologist cholesterol clinic diabetes diagnosis dose doctor emergency epidemic fever fracture headache
hormone hospital immunity infection injection insulin kidney liver lung medication migraine muscle nerve
nurse ointment painkiller patient pharmacist pharmacy physician pneumonia prescription pulse rehabilitation
scalpel spine stethoscope stomach surgeon surgery symptom syringe tablet therapist therapy thyroid tissue
transplant tumor ulcer vaccine vein virus vitamin wound affidavit amendment appeal arbitration attorney bail
barrister clause constitution copyright counsel court crime custody decree defendant deposition evidence
felony guardian inheritance injunction judge judgment jurisdiction jury lawsuit lawyer legislation
litigation magistrate notary oath patent penalty perjury plaintiff precedent prosecutor regulation sentence
settlement statute subpoena testimony tort trademark trial tribunal trustee verdict warrant witness
appetizer bakery basil batter biscuit bread breakfast broth butter cabbage cake caramel carrot casserole
cheese chef chocolate cinnamon cocoa coffee colander cookie cucumber cumin curry custard dessert dough
dumpling flour fork garlic ginger gravy grill honey jam kettle ketchup ladle lasagna lemonade lettuce lunch
margarine marinade mayonnaise menu milk mustard noodle nutmeg oatmeal omelette onion oven pan pancake
paprika parsley pasta pastry peanut pepper pickle pie pizza porridge potato pudding recipe restaurant rice
risotto salad salami salt sandwich sauce sausage saucepan seasoning skillet snack soup spaghetti spatula
spice spinach spoon steak stew sugar syrup tea teapot toast tofu tomato vanilla vinegar waffle whisk yeast
yogurt accordion album alto anthem bagpipe ballad banjo bass bassoon cello chord choir clarinet composer
concerto conservatory cymbal drum drummer duet ensemble flute guitar guitarist harmonica harmony harp hymn
jazz keyboard lullaby lyric mandolin melody metronome microphone musician oboe octave opera orchestra organ
overture percussion pianist piano playlist quartet rehearsal remix rhythm saxophone singer sonata songwriter
soprano symphony synthesizer tambourine tempo trombone trumpet tuba ukulele violin violinist xylophone
archery athlete badminton baseball basketball boxing championship cricket defender dribble fencing foul
goalkeeper golf gymnast gymnastics halftime handball hockey hurdle javelin judo karate knockout league
marathon medal opponent overtime playoff quarterback racket referee relay rugby scoreboard semifinal
skateboard skating soccer sprint squash stadium striker surfing swimmer swimming teammate tennis tournament
treadmill trophy umpire volleyball weightlifting whistle workout wrestling yoga adapter antivirus backup
bandwidth bitmap bookmark browser buffer bug bytecode cache checkbox checksum cluster compiler computer
cursor database debugger desktop developer directory download driver encryption endpoint ethernet executable
firewall firmware folder function gigabyte hardware hashtable hyperlink interface interpreter javascript
kernel laptop latency library login malware megabyte metadata middleware modem monitor motherboard network
notebook parameter parser password patch pixel plugin printer processor programmer protocol proxy python
query recursion repository router runtime scanner scheduler scrollbar server smartphone software spreadsheet
stack storage subroutine syntax template terminal thread timestamp tooltip transformer upload username
validator variable webpage website widget wifi abbot abolition alliance altar ancestor apostle archaeologist
archbishop aristocracy artifact baptism bible bishop buddhism castle cathedral cavalry chapel chronicle
church civilization clergy colonialism communion coronation crusade dictator doctrine dynasty emperor empire
excavation feudalism gospel heresy historian imperialism independence inquisition knight manuscript martyr
medieval missionary monarch monarchy monastery monk mosque mummy nobility parchment peasant pharaoh pilgrim
pilgrimage pope prayer preacher priest prophet pyramid rabbi relic renaissance revolution ritual sacrament
saint scripture sermon siege slavery synagogue temple theology throne treaty tribe affection agony amusement
anger anguish anxiety apathy awe bitterness boredom compassion confidence contempt courage curiosity delight
despair disappointment disgust doubt embarrassment empathy envy euphoria fear forgiveness frustration
gratitude greed grief guilt hatred hope humility jealousy kindness loneliness longing loyalty melancholy
mercy nostalgia optimism panic patience pessimism pity pride rage regret relief remorse resentment sadness
shame sorrow suspicion sympathy tenderness trust worry bathtub bed blanket bookcase bookshelf bunk cabinet
carpet chandelier closet couch cradle cupboard curtain cushion desk doorbell drawer dresser faucet fireplace
freezer fridge furniture hammock lamp lightbulb mattress mirror nightstand ottoman pillow radiator
refrigerator rug shelf shower sink sofa staircase table toilet wardrobe washbasin apron belt blouse boot
bracelet button cardigan cloak coat collar cufflink denim dress earring fabric glove gown handbag
handkerchief hat hoodie jacket jeans jewelry kimono lace leather leggings linen mitten necklace necktie
nylon overalls pajamas pants pocket polyester robe sandal scarf shirt shoe shoelace shorts silk skirt sleeve
slipper sneaker sock stocking suit sweater swimsuit trousers tuxedo underwear uniform velvet waistcoat wool
zipper anvil axe bolt broom bucket chainsaw chisel clamp crowbar drill dustpan funnel glue hammer hinge hook
ladder lathe lever mallet mop nail padlock pliers plunger pulley rake rivet rope ruler sandpaper saw
scissors screw screwdriver shovel sickle solder sponge stapler toolbox tweezers vise wheelbarrow wire wrench
alphabet assignment attendance blackboard chalk classroom classmate college crayon curriculum degree diploma
dissertation dormitory encyclopedia eraser essay exam faculty freshman geometry grade graduate graduation
homework kindergarten lecture lecturer lesson librarian pencil principal professor pupil quiz scholar
scholarship school semester seminar student syllabus teacher textbook thesis tuition tutor university ballot
bureaucrat campaign candidate citizen coalition congress constituency delegate democracy diplomat election
electorate embassy governor ideology legislature lobbyist mayor ministry minister nationalism opposition
parliament politician populism president propaganda protest referendum republic sanction senate senator
sovereignty suffrage veto vote voter adverb adjective consonant dialect dictionary etymology grammar idiom
interjection linguist metaphor noun paragraph phoneme preposition pronoun pronunciation proverb punctuation
semantics suffix syllable synonym translation translator verb vocabulary vowel algebra angle arithmetic
axiom calculus coefficient cosine cube decimal denominator derivative determinant diameter eigenvalue
ellipse exponent factorial fraction hexagon histogram hypotenuse integer integral logarithm matrix median
multiplication numerator parabola percentage permutation polygon polynomial probability proof quotient
radius ratio rectangle sine statistics subtraction tangent theorem triangle variance vector application
baggage boarding-pass checkpoint consulate customs declaration deadline extension fingerprint form
immigration itinerary luggage passport permit queue reservation signature stamp surcharge ticket timetable
visa assembly automation bearing boiler cement conveyor crane factory foundry furnace gasket generator
glassworks lubricant machinery maintenance mill nozzle packaging pallet pipeline piston refinery sawmill
sewer smelter steel textile turbine valve warehouse welding workshop alligator ant badger bat bear beaver
bee beetle bison buffalo camel caterpillar chimpanzee cobra cockroach cow crab crocodile deer dolphin donkey
dragonfly eel ferret flea fox frog gazelle giraffe goat goldfish gorilla grasshopper hamster hedgehog
hippopotamus hyena iguana jaguar jellyfish kangaroo koala leopard lion lizard llama lobster lynx mole monkey
moose mosquito mouse octopus otter oyster panda panther pig platypus porcupine raccoon rat reindeer
rhinoceros salamander salmon scorpion seal shark sheep shrimp skunk snail snake spider squid squirrel
starfish stingray termite tiger toad tortoise trout tuna turtle walrus wasp weasel whale wolf worm zebra
anchor antenna armor arrow ashtray astronaut ATM backpack badge bagel barcode barrel basket bell binoculars
bottle bowl bracket brick brush bulldozer calculator calendar camera candle cannon canvas carton chess
chopsticks cigarette clock coin comb compass crown cup dagger dice doll dynamite envelope fan fence
fingernail flashlight fountain gate helicopter helmet hourglass ink jar jigsaw key kite knife knot locker
lottery magazine map marble mask match medallion missile mug napkin needle newspaper nutcracker paperclip
parachute pedal pen perfume pillar plate poster puppet puzzle radio razor ribbon ring rocket sandbag
sculpture shield skeleton sledge snorkel soap statue stopwatch submarine suitcase sword telephone television
thimble tire toothbrush toothpaste towel tractor tray truck typewriter vase wallet wheel windmill
""")

PEOPLE = words("""
accountant actor architect auditor baker barber bartender biologist blacksmith butcher carpenter cashier
chemist clerk colleague committee consultant contractor dentist detective director economist editor
electrician engineer firefighter goldsmith inspector intern janitor journalist landlord mechanic novelist
optician painter paralegal philosopher physicist plumber poet programmer psychologist publisher receptionist
secretary sociologist soldier spokesperson supervisor tailor technician tenant treasurer tutor volunteer
waiter
""")

ADJECTIVES = words("""
abstract accurate acoustic additional administrative advanced ambiguous analytical ancient annual anonymous
appropriate artificial automatic bilateral binding biological bitter brief broken ceramic chemical chronic
classical clinical cognitive collective commercial compatible competitive complete complicated comprehensive
compulsory confidential consecutive conservative constitutional contemporary controversial conventional
cooperative corporate critical cultural customary cynical defective delicate democratic digital diplomatic
disposable domestic draft durable dynamic eager economic educational efficient elastic electric electronic
elegant eligible emotional empirical encrypted essential ethical experimental expired explicit external
federal fictional final financial fiscal flexible fragile fraudulent frequent functional genetic genuine
global gradual grammatical handmade hidden historical honest hydraulic hypothetical illegal imperial
implicit inaccurate incomplete independent indirect industrial infectious informal initial innovative
institutional intellectual interim internal irregular legal linear linguistic literary logical magnetic
mandatory mathematical maximum mechanical medical mental methodical metric minimum modern moral multilingual
musical mutual mysterious national negative nervous neutral nominal nuclear numerical obsolete official
optical optional orderly organic orthodox outdated overdue parallel partial pending periodic permanent
philosophical physical plastic polite political portable positive possible practical precise preliminary
private professional promising proportional provisional psychological public quarterly random rational
recent redundant regional relevant reliable religious remote revised rigid robust rusty salty scientific
secondary secret senior sensitive serious silent similar simultaneous skeptical sophisticated spare spicy
spiritual stable stainless standard statistical statutory strategic strict structural stubborn subjective
successful suitable surgical suspicious sustainable symbolic synthetic systematic tactical technical
temporary tentative theoretical thorough timely traditional transparent tropical typical ultimate unanimous
unexpected universal unpaid unstable urgent useful vague valid valuable verbal virtual voluntary weekly
wooden
""")

VERBS = words("""
abandon acknowledge adjust allocate amend analyze announce approve archive assemble assess authorize borrow
bundle calculate calibrate cancel certify clarify classify collect compile confirm consult criticize debug
decline defend delay deliver demonstrate describe destroy discuss distribute document download edit
emphasize encrypt evaluate examine explain export finalize finance forget fund grind guarantee hire ignore
implement import inspect install insure interpret interview invent investigate justify label launch lend
measure memorize merge modify monitor negotiate notify order organize outline overlook pack postpone praise
predict prepare present print process promote prove publish purchase question quote reconcile record refuse
reject remember remove rent repair replace request review rewrite sell sharpen sign simplify solve store
submit summarize supply tax test transcribe translate update upgrade validate verify weigh withdraw
""")

TOPICS = words("""
accounting aerodynamics anatomy anthropology archaeology astronomy bookkeeping calligraphy carpentry
ceramics cryptography dentistry ecology economics electronics engineering epistemology ethics genetics
jurisprudence knitting linguistics logistics macroeconomics mathematics metallurgy metaphysics microbiology
neuroscience nutrition optics origami pedagogy pharmacology philology philosophy phonetics plumbing
psychiatry psychology sociology statistics taxation thermodynamics toxicology typography virology
woodworking zoology
""")

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")

# {n} noun, {a} adjective, {v} verb, {p} profession, {t} field of study, {i} number, {w} weekday
PHRASES = (
    "{n}", "{n}", "{n}", "{a} {n}", "{a} {n}", "{n} {n}", "{a} {n} {n}", "{a} {n} {n}", "{a} {n} {n}", "{t}",
    "{a} {t}", "{n} and {n}", "the {n} of the {n}", "a {a} {n}", "the {a} {n}", "{i} {a} {n} units",
    "{n} for {p}s",
    "{v} the {n}", "how to {v} a {n}", "{n} versus {n}", "the {p}'s {n}", "a {a} {p}", "{p}", "{a}", "{v}",
    "no {n}", "{n}, {n}, {n}", "{a} {n}, {a} {n}", "{t} for {p}s", "{n} {n} {i}", "a photo of a {n}",
    "a picture of a {a} {n}", "two {a} {n} samples", "the {n} in the {n}", "a {n} on the {n}",
    "a {p} with a {n}",
)  # fmt: skip
TITLES = (
    "Introduction to {t}", "The {a} {n}", "{n} and {n}: A {a} Guide", "Chapter {i}: {t}",
    "A Short History of {t}",
    "The {p}'s {n}", "Essays on {t}", "{a} {n} Handbook, Volume {i}", "Toward a {a} Theory of the {n}",
    "Notes on the {n}", "{t} and {t} in the Modern Era", "Re: {n} {n}", "FW: {a} {n}",
    "Appendix {i}: {n} {n}",
)  # fmt: skip
SENTENCES = (
    "the {p} will {v} the {a} {n}", "please {v} the {n} before {w}", "the {n} was more {a} than expected",
    "our {p} could not {v} the {n}", "we need to {v} every {a} {n}", "nobody wanted to {v} the {n}",
    "{t} has always been a {a} subject", "the {a} {n} depends on the {n}", "she studied {t} for {i} years",
    "the {p} and the {p} disagree about the {n}", "each {n} contains {i} percent {n}",
    "according to the {p}, the {n} is {a}", "I forgot to {v} my {n}",
    "they decided to {v} the {n} and {v} the {n}",
    "this {n} is neither {a} nor {a}", "the {n} costs {i} dollars", "without a {n}, the {n} remains {a}",
    "he asked the {p} to {v} it", "the committee voted to {v} the {n}", "a {a} {n} requires a {a} {n}",
    "my {p} says that {t} is {a}", "the error occurs when the {n} is {a}",
    "it took {i} minutes to {v} the {n}",
    "reminder: {v} the {n} by {w}", "do not {v} the {n}", "all rights to the {n} are {a}",
    "the {n} failed because of a {a} {n}", "thank you for the {a} {n}", "to {v} is not to {v}",
)  # fmt: skip
QUESTIONS = (
    "why is the {n} so {a}", "who will {v} the {n}", "how do you {v} a {a} {n}", "what does {t} mean",
    "when can the {p} {v} the {n}", "is the {n} {a} or {a}", "did you {v} the {n}", "how much is the {n}",
    "which {n} should I {v}", "can a {p} {v} a {n}", "what is the difference between {n} and {n}",
)  # fmt: skip
NOTES = (
    "Meeting minutes, {w}: {p} to {v} the {n}; {a} {n} postponed; next: {n}.",
    "TODO: {v} {n}, {v} {n}, {v} {n}",
    "Attendees: {p}, {p}, {p}. Agenda: {a} {n}, {n} {n}.", "{w} {i}:00 {n} with the {p}",
    "Action: {v} the {n}.",
    "Invoice no. {i}{i}: {n}, {a} {n}, total {i}.50", "Warning: {a} {n} detected in {n}.",
    "shopping list: {n}, {n}, {n}",
    "Q: {n}? A: {a}.", "Dear {p}, please {v} the {a} {n}. Regards", "Fig. {i}: {n} by {n}",
    "Vacancy: {a} {p}, {t}, {i} hours",
)  # fmt: skip
LINKS = (
    "However, ",
    "In addition, ",
    "Therefore ",
    "Meanwhile, ",
    "As a result, ",
    "",
    "",
    "",
    "",
    "Still, ",
)
