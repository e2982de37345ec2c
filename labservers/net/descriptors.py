"""How many descriptors, and so connections, this process may have."""

SHOULD_DO = 65_536
WITHOUT_LIMITS = 512  # a guess, where the system has no getrlimit(2)


def descriptor_limit() -> int:
    """How many descriptors this process may have now."""
    try:
        import resource
    except ImportError:
        return WITHOUT_LIMITS
    return min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], SHOULD_DO)


def raise_descriptor_limit() -> int:
    """Allow this process as many descriptors as the system lets it have, up to SHOULD_DO; how
    many there are then."""
    try:
        import resource
    except ImportError:
        return WITHOUT_LIMITS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else SHOULD_DO
    wanted = min(max(soft, wanted), SHOULD_DO)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return soft
    return wanted
