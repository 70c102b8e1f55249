"""`python -m bench`: run every benchmark and write the figures to build/bench.json."""

import json

from bench import ROOT, key_figures, platform, policy, preview, processor, rental, staff


def main() -> None:
    """Print the figures of each part as they come, and write them all."""
    figures = {
        "preview": preview.run(),
        "policy": policy.run(),
        "processor": processor.run(),
        "rental": rental.run(),
        "staff": staff.run(),
        "key_figures": key_figures.run(),
        "platform": platform.run(),
    }
    target = ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(f"written to build/{target.name}")


if __name__ == "__main__":
    main()
