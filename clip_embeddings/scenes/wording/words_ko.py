"""The words of the Korean captions, as data. Imports `words_en.py` for its way of writing tables.

Alternatives are separated by commas, the commonest first; "*" stands for the colour of a backdrop.
"""

from clip_embeddings.scenes.wording.words_en import alternatives

NOUNS = alternatives({
    "cat": "고양이, 고양이, 냥이, 야옹이, 새끼 고양이", "dog": "개, 강아지, 강아지, 멍멍이, 댕댕이, 견공",
    "horse": "말, 말, 조랑말, 망아지", "elephant": "코끼리", "rabbit": "토끼, 토끼, 아기 토끼",
    "bird": "새, 새, 새, 날짐승", "butterfly": "나비", "man": "남자, 남자, 남성, 아저씨, 사내",
    "woman": "여자, 여자, 여성, 아주머니, 여인", "car": "자동차, 차, 승용차, 차량", "bus": "버스",
    "bicycle": "자전거", "boat": "배, 배, 보트, 선박", "airplane": "비행기, 비행기, 항공기, 여객기",
    "tree": "나무, 나무, 나무, 수목", "flower": "꽃", "cactus": "선인장", "mushroom": "버섯",
    "house": "집, 집, 주택, 가옥", "umbrella": "우산, 우산, 양산", "ball": "공, 공, 고무공",
    "balloon": "풍선, 풍선, 열기구, 기구", "chair": "의자, 의자, 걸상", "tent": "텐트, 텐트, 천막",
})  # fmt: skip
KIND_NOUNS = alternatives({
    "animal": "동물, 동물, 짐승", "person": "사람, 사람, 인물", "vehicle": "탈것, 교통수단", "plant": "식물",
    "thing": "물건, 사물, 물체",
})  # fmt: skip
COUNTERS = alternatives({
    "animal": "마리", "person": "명", "vehicle": "대", "plant": "그루", "thing": "개",
    "boat": "척", "flower": "송이", "cactus": "그루, 개", "mushroom": "송이, 개", "house": "채",
    "umbrella": "개, 개, 자루", "tent": "개, 동", "any plant": "개, 포기", "any vehicle": "대",
    "any thing": "개",
})  # fmt: skip
NUMBERS = {1: "한", 2: "두", 3: "세"}
COLORS = alternatives({
    "red": "빨간, 빨간, 빨간색, 붉은, 새빨간", "blue": "파란, 파란, 파란색, 새파란",
    "yellow": "노란, 노란, 노란색, 샛노란",
    "green": "초록색, 초록, 녹색, 초록빛", "white": "하얀, 흰, 하얀, 흰색, 새하얀",
    "black": "검은, 검은, 까만, 검은색, 새까만",
    "brown": "갈색, 갈색, 갈색, 고동색", "grey": "회색, 회색, 잿빛", "purple": "보라색, 보라색, 보랏빛",
    "pink": "분홍색, 분홍색, 분홍빛, 핑크색, 연분홍색", "orange": "주황색, 주황색, 주황빛, 오렌지색",
})  # fmt: skip
DRESSED = ("* 옷을 입은", "* 옷을 입은", "* 옷차림의", "* 옷을 걸친")
SIZES = alternatives({"small": "작은, 작은, 조그만, 자그마한", "large": "큰, 커다란, 큰, 커다란, 큼직한"})
CLOSE_UP_AHEAD = ("클로즈업한", "클로즈업된", "가까이에서 본", "가까이서 본")
HAPPY = ("행복한", "행복한", "신난", "즐거운")

# Of a pose: the adnominal forms, and the stems of sentences, to which an ending of "있" is added.
POSES = alternatives({
    "standing": "서 있는", "running": "달리는, 달리는, 뛰는, 뛰어가는, 달려가는",
    "sitting": "앉아 있는, 앉아 있는, 앉은",
    "flying": "나는, 날아가는, 날고 있는",
})  # fmt: skip
STEMS = alternatives({
    "standing": "서 있", "running": "달리고 있, 달리고 있, 뛰고 있, 뛰어가고 있", "sitting": "앉아 있",
    "flying": "날고 있, 날아가고 있",
})  # fmt: skip
SPECIAL_POSES = alternatives({
    "butterfly": "나는, 날아다니는, 훨훨 나는", "balloon": "떠 있는, 떠다니는, 둥둥 떠 있는",
})  # fmt: skip
SPECIAL_STEMS = alternatives({"butterfly": "날고 있, 날아다니고 있", "balloon": "떠 있, 둥둥 떠 있"})
ENDINGS = ("있다", "있다", "있어요", "있습니다", "있네요")
SEEN = ("보인다", "보여요", "보입니다", "보이네요")

PLACES = alternatives({
    "beach": "해변, 해변, 바닷가, 해안, 모래사장", "sea": "바다, 바다, 대양, 망망대해",
    "mountains": "산, 산, 산속, 산악 지대", "forest": "숲, 숲, 숲속, 수풀",
    "city": "도시, 도시, 시내, 도심, 길거리",
    "desert": "사막, 사막, 모래사막", "snow": "눈밭, 눈밭, 설원, 눈 덮인 들판",
    "meadow": "초원, 초원, 풀밭, 들판, 풀밭",
})  # fmt: skip
VIEWS = alternatives({
    "beach": "해변, 해변, 바닷가, 해안, 해변 풍경", "sea": "바다, 바다, 대양, 바다 풍경",
    "mountains": "산, 산, 눈 덮인 산, 산 풍경, 산맥, 눈 덮인 산 풍경", "forest": "숲, 숲, 숲속, 숲 풍경",
    "city": "도시, 도시, 시내, 도심, 거리 풍경, 도시 풍경", "desert": "사막, 사막, 모래사막, 사막 풍경",
    "snow": "눈밭, 설원, 눈 덮인 들판, 겨울 풍경, 눈 쌓인 풍경", "meadow": "초원, 풀밭, 들판, 초원 풍경",
})  # fmt: skip
BACKDROPS = ("* 배경", "* 배경", "* 단색 배경", "민무늬 * 배경")
PLAIN_BACKDROPS = ("단색 배경", "민무늬 배경", "아무것도 없는 배경")
POSITIONS = alternatives({
    "left": "왼쪽, 왼쪽, 왼편, 좌측", "center": "가운데, 가운데, 한가운데, 중앙",
    "right": "오른쪽, 오른쪽, 오른편, 우측",
})  # fmt: skip
FRAMES = ("화면", "그림", "사진")

# Time and weather: adverbs, adnominals ahead of a place, and nouns.
TIMES = alternatives({
    "day": "낮에, 대낮에, 한낮에, 환한 낮에", "night": "밤에, 밤에, 한밤중에, 어두운 밤에, 밤하늘 아래",
    "sunset": "해 질 녘에, 노을 질 무렵, 저녁노을 아래, 석양 아래, 해 질 무렵, 해가 지는 저녁에, 황혼 녘에",
})  # fmt: skip
TIMES_AHEAD = alternatives({
    "day": "낮의, 한낮의, 대낮의", "night": "밤의, 밤의, 한밤의, 어두운 밤의",
    "sunset": "노을 지는, 노을지는, 해 질 녘의, 해질녘의, 노을 진, 석양의, 황혼의, 해 지는",
})  # fmt: skip
TIME_NOUNS = alternatives({
    "day": "낮, 대낮, 한낮", "night": "밤, 밤, 한밤중, 밤하늘",
    "sunset": "노을, 노을, 석양, 해 질 녘, 저녁노을, 황혼, 일몰, 해넘이",
})  # fmt: skip
WEATHERS = alternatives({
    "clear": "맑은 날, 맑은 하늘 아래, 맑게 갠 하늘 아래, 구름 한 점 없는 하늘 아래",
    "cloudy": "흐린 날, 흐린 하늘 아래, 구름 낀 하늘 아래, 구름 낀 날",
    "rain": "비 오는 날, 비 내리는 날, 비가 오는 날",
})  # fmt: skip
WEATHERS_AHEAD = alternatives({
    "clear": "맑은, 맑게 갠, 청명한", "cloudy": "흐린, 구름 낀, 흐린",
    "rain": "비 오는, 비 내리는, 비가 오는, 비가 내리는",
})  # fmt: skip
WEATHER_NOUNS = alternatives({
    "clear": "맑은 하늘, 맑은 날씨, 맑게 갠 하늘", "cloudy": "흐린 하늘, 흐린 날씨, 구름 낀 하늘",
    "rain": "비, 비 오는 날, 비 오는 날씨, 비 내리는 풍경",
})  # fmt: skip
DAYS = alternatives({
    "day": "낮, 낮, 대낮, 한낮", "sunset": "해 질 녘, 저녁노을 무렵, 해 질 무렵", "night": "밤, 밤, 한밤중",
})  # fmt: skip
NIGHT_NOUNS = {"sea": "밤바다", "city": "도시의 야경", "mountains": "밤의 산", "forest": "밤 숲"}

MEDIA = ("사진", "사진", "그림", "그림", "이미지", "모습", "일러스트", "삽화", "스케치")
VIEW_MEDIA = ("풍경", "사진", "그림", "풍경 사진", "풍경화", "전경", "경치")
NAMES_KO = {thing: words[0] for thing, words in NOUNS.items()}
PLACE_NAMES_KO = {
    "beach": "해변", "sea": "바다", "mountains": "산", "forest": "숲", "city": "도시", "desert": "사막",
    "snow": "눈밭", "meadow": "초원", "plain": "단색 배경",
}  # fmt: skip
TIME_NAMES_KO = {"day": "낮", "sunset": "노을", "night": "밤"}
