"""``python -m tests.cohorts`` rewrites the pages of all shipped patients. Read the difference before you accept it."""

from tests.cohorts.cohort import FOLDER, pages


def main() -> None:
    found = pages()
    for stale in set(FOLDER.glob("*.txt")) - set(found):
        stale.unlink()
        print(f"removed  {stale.name}")
    for path, text in found.items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"written  {path.name}")


if __name__ == "__main__":
    main()
