"""Operations: what people look at and change while everything runs (E12), and what is wrong, with the cure."""
