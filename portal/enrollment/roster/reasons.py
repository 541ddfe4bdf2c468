"""The sentences of a preview. They never show more of a NIK than its last four digits."""

from __future__ import annotations

from datetime import date

from portal.people.rules import clean_nik, is_bare_vice_chair

_PLAIN = {
    "name_missing": "Nama kosong.",
    "post_missing": "Jabatan kosong.",
    "nik_missing": "NIK kosong.",
    "nik_not_text": "NIK tersimpan sebagai angka sehingga digitnya berubah. Ketik ulang sebagai teks.",
    "nik_serial": "NIK berakhiran 0000, padahal nomor urut dimulai dari 0001.",
}


def short(text: str, length: int = 40) -> str:
    """A typed value as it may stand in a sentence."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _name_message(reason: str, name: str) -> str:
    if reason == "name_too_long":
        return f"Nama terlalu panjang: {len(name)} huruf, paling banyak 100."
    odd = next((c for c in name if not (c.isalpha() or c in " .,'’-/()`")), "")
    what = f' "{odd}"' if odd.isprintable() and odd else ""
    return f'Nama "{short(name)}" memuat tanda yang tidak lazim{what}.'


def _post_message(post: str) -> str:
    if is_bare_vice_chair(post):
        return f'Jabatan "{short(post)}" belum lengkap: tulis Bidang Usaha atau Bidang Keanggotaan.'
    return f'Jabatan "{short(post)}" tidak dikenal.'


def _nik_message(reason: str, typed: str) -> str:
    nik = clean_nik(typed)
    if reason == "nik_length":
        return f"NIK berisi {len(nik)} angka, seharusnya 16 (berakhiran {nik[-4:]})."
    if reason == "nik_digits":
        at = next((i for i, c in enumerate(nik) if not (c.isascii() and c.isdigit())), 0)
        odd = nik[at : at + 1]
        what = f' "{odd}" di urutan ke-{at + 1}' if odd.isprintable() and odd else ""
        return f"NIK hanya boleh berisi angka; ada{what or ' tanda lain'}."
    return f"Tanggal lahir di dalam NIK tidak ada di kalender (berakhiran {nik[-4:]})."


def explain(reason: str, value: str = "", **facts: str) -> str:
    """The Indonesian sentence for a reason; `value` is the text of the cell it is about."""
    if reason in _PLAIN:
        return _PLAIN[reason]
    if reason.startswith("name_"):
        return _name_message(reason, value)
    if reason == "post_unknown":
        return _post_message(value)
    if reason.startswith("nik_"):
        return _nik_message(reason, value)
    if reason == "birth_date":
        return f'Tanggal lahir "{short(value)}" tidak ada di kalender.' if value else "Tanggal lahir kosong."
    if reason == "birth_future":
        return f'Tanggal lahir "{short(value)}" belum terjadi.'
    if reason == "unknown_district":
        return _place_message("Kecamatan", value, facts.get("regency", ""))
    if reason == "unknown_village":
        if facts.get("several"):
            return f'Desa/kelurahan "{short(value)}" ada di beberapa kecamatan; tulis kecamatannya.'
        return _place_message("Desa/kelurahan", value, facts.get("district", ""))
    if reason == "duplicate_in_file":
        return f"NIK yang sama (berakhiran {value}) sudah ada di baris {facts.get('row', '')}."
    if reason == "phone_invalid":
        return f'Nomor HP "{short(value, 24)}" bukan nomor seluler yang sah; orangnya tetap masuk.'
    if reason == "birth_mismatch":
        return f"Tanggal lahir {value} berbeda dengan yang ada di NIK; periksa salah satunya."
    if reason == "unknown_region_code":
        return f"Kode wilayah {value} di awal NIK tidak ada di daftar sekarang; mungkin wilayah lama."
    if reason == "two_chairs":
        return f"{short(value)} sudah punya ketua di baris {facts.get('row', '')}."
    return reason


def _place_message(what: str, value: str, inside: str) -> str:
    if not value:
        return f"{what} kosong."
    said = value.casefold().startswith(("kec", "distrik", "desa", "kel"))
    where = f"tidak ada di {inside}" if inside else "tidak dikenal"
    return f'"{short(value)}" {where}.' if said else f'{what} "{short(value)}" {where}.'


def written(day: date) -> str:
    """A date as dd/mm/yyyy."""
    return day.strftime("%d/%m/%Y")
