"""The demo's text notes, as data: file name -> text. Imports nothing.

Some are about what the pictures show, some are about nothing of the kind, some are longer than the model's
context and so become several passages.
"""
# ruff: noqa: E501 - a note is one line, as its file has it

NOTES: dict[str, str] = {
    "vet-appointment.md": """\
# Vet appointment for the cat

The cat sees the vet on Tuesday at ten. Bring the vaccination card and the carrier with the soft blanket.
""",
    "kitten-shopping.txt": "For the new kitten: two bowls, a scratching post, a small bed. The cat likes the grey one.\n",
    "dog-training.md": """\
# Dog training tips

Keep it short: five minutes, three times a day. Say the dog's name once, wait, and praise it at once.

Sit comes first. Hold the treat above the nose and move it back slowly; the dog looks up and sits down by
itself. Then stay: one step away, one step back, then praise. Never call a dog to scold it.

Recall on the beach is the hardest lesson, because everything there runs: children, balls, birds and other
dogs. Start with a long line, far away from the water. When the dog turns its head at the first call, run away
from it, so that coming back becomes a game. A happy dog running towards you is the best answer there is.
""",
    "dog-walk.txt": "Took the dog to the beach this morning. She ran along the water for an hour, a very happy dog.\n",
    "cat-diary.txt": "Monday. A black cat sitting in the meadow: ours. Next to it a grey cat.\n",
    "dog-diary.txt": "A brown dog running on the beach. A happy dog!\n",
    "dog-photos.txt": "Photos of the dog: a white dog in the snow, the dog sitting in the city.\n",
    "view-from-the-hut.txt": "A landscape with snowy mountains on a clear day.\n",
    "harbour.txt": "A red boat on the sea at sunset.\n",
    "dog-sitter.txt": "The dog eats at seven and at six. One long walk, no chocolate. The brown dog is afraid of rain.\n",
    "sailing-log.md": """\
# Sailing log

Day 1. Left the harbour at noon, a light wind from the west. The boat is dry and fast. Anchored at sunset, the
sea flat and orange.

Day 2. Rain before dawn, then clear. Two red boats passed us on their way to the island. We kept the small sail
up until the evening and made forty miles. The night on the sea was full of stars.

Day 3. No wind at all. We drifted, swam, mended the torn sail and counted the boats near the coast: eleven.
""",
    "sunset-spots.txt": "Where to see the sunset over the sea: the old pier, the lighthouse, the last bench on the beach.\n",
    "mountain-hut.md": """\
# Mountain hut packing list

Boots, map, head torch, sleeping bag liner, rain jacket, cash for the hut. Snow is possible above two thousand
metres even in June. The mountains are at their best before nine in the morning.
""",
    "hiking-route.txt": "From the valley up through the forest to the lake, then along the ridge with the mountains on both sides.\n",
    "camping.txt": "We pitched the tent under the trees in the forest. At night we heard an owl and a little rain.\n",
    "city-trip.txt": "Take bus 14 from the station into the city. The museum is closed on Mondays.\n",
    "bicycle-repair.txt": "The blue bicycle needs a new chain and its rear brake set. Ready on Friday.\n",
    "car-service.txt": "Car service: oil, filters, winter tyres on. The red car can be picked up after four.\n",
    "garden.txt": "Plant the flowers in the second week of May: red and yellow tulips in front, roses behind.\n",
    "mushrooms.txt": "Red mushrooms with white dots stand under the birches in the forest. Do not eat them.\n",
    "desert-tour.txt": "In the desert the cactus flowers for one night a year. Take four litres of water for each person.\n",
    "birdwatching.txt": "Seen from the shore: a white bird flying low over the sea, and two blue birds on the beach.\n",
    "elephants.txt": "The elephant drinks up to two hundred litres of water a day and sleeps standing.\n",
    "meeting-minutes.md": """\
# Meeting minutes

Present: Anna, Jonas, Min-ji. The quarterly revenue report was accepted. Travel costs are over budget by eight
percent; Jonas checks the invoices. The contract with the supplier is extended by a year.

Actions: Anna sends the offer to the customer by Thursday. Min-ji asks the bank about the loan and prepares the
figures for the auditor. Next meeting in two weeks, same room.
""",
    "pancakes.txt": "Pancakes: two eggs, 300 ml of milk, 150 g of flour, a pinch of salt. Rest the batter for half an hour.\n",
    "password-policy.txt": "Passwords have at least fourteen characters and are kept in the password manager.\n",
    "piano.txt": "Piano lesson moved to Wednesday. Practise the second page of the sonata slowly, with the metronome.\n",
    "bada-yeohaeng.txt": "바다 여행 메모: 해 질 무렵 바다가 가장 아름답다. 노을지는 바다를 보며 저녁을 먹었다.\n",
    "noeul.txt": "노을이 지는 바다 위로 배 한 척이 지나갔다.\n",
    "goyangi.txt": "고양이 예방 접종은 다음 주 화요일. 고양이 사료와 모래도 사야 한다.\n",
    "goyangi-ilgi.txt": "하얀 고양이 한 마리가 앉아 있다.\n",
    "gangaji-sanchaek.txt": "강아지와 해변에서 산책했다. 강아지가 신나게 달렸다.\n",
    "deungsan.md": """\
# 등산 준비물

등산화, 물 두 병, 지도, 비옷, 손전등. 산 위는 여름에도 춥다. 새벽에 출발해야 산이 맑게 보인다.
""",
    "kaempingjang.txt": "숲속 캠핑장 예약 완료. 텐트는 큰 것으로 가져간다. 밤에는 별이 잘 보인다고 한다.\n",
    "kkot-sijang.txt": "꽃 시장에서 빨간 꽃과 노란 꽃을 샀다.\n",
    "doshi-yagyeong.txt": "밤의 도시는 높은 건물의 불빛으로 환하다.\n",
    "gimchi-jjigae.md": """\
# 김치찌개 만드는 법

잘 익은 김치와 돼지고기를 냄비에 볶는다. 물을 붓고 20분 끓인다. 두부와 파를 넣고 5분 더 끓인다. 싱거우면
국간장으로 간을 맞춘다.
""",
    "hoeui-rok.txt": "회의록: 분기 매출 보고서를 검토했다. 예산은 다음 달에 다시 정한다.\n",
    "tongjang.txt": "은행에서 통장을 새로 만들었다. 비밀번호를 바꾸어야 한다.\n",
    "byeongwon.txt": "치과 예약은 금요일 오후 세 시. 보험 서류를 가져갈 것.\n",
}
