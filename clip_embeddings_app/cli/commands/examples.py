"""One example of each command, which its help ends with. Imports nothing."""

EXAMPLES = {
    "ingest": "ingest my-folder --db db --collection photos --model tiny",
    "search": 'search "a happy dog" --db db --collection photos -k 3 --sheet found.png',
    "similarity": 'similarity --image dog.jpg --text "a photo of a cat" --text "a photo of a dog"',
    "score": 'score --image dog.jpg --text "a dog on the beach" --model tiny',
    "explain": "explain --db db --collection photos --report gap.html",
    "calibrate": "calibrate my-folder --model tiny --output calibration.json",
    "recalibrate": "recalibrate --db db --collection photos --calibration calibration.json",
    "finetune": "finetune pairs.csv --output my-model --model tiny",
    "classify": "classify photos --labels cat,dog,car --csv classes.csv",
    "precision": "precision photos my-folder --dtype bfloat16 --model tiny",
    "info": "info --model openai/clip-vit-base-patch32",
    "ui": "ui --db db --collection photos --open",
    "mcp": "mcp --db db --collection photos --root my-folder",
    "check": "check --db db",
    "download": "download openai/clip-vit-base-patch32 --to clip-b32",
    "demo": "demo --dir clip-demo",
}
