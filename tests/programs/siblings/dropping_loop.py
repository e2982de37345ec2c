"""A loop that drops what its tasks die of."""
def run(tasks):
    while tasks:
        task = tasks.pop(0)
        try:
            next(task)
            tasks.append(task)
        except StopIteration:
            pass
        except Exception:
            continue
