"""Operations: what keeps an installation well."""
