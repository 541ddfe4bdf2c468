"""Made-up people: names as they sound in each regency, and identities that cannot be anybody's.

Identity numbers carry a real district and the birth date, and serials from 9001 on, which the register does not
reach in one district on one birthday. Phone numbers lie in one block, 0812-0000-xxxx; the demo sends nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

_JAVA = {
    "L": "Agus Bambang Budi Catur Daryono Djoko Edi Eko Fajar Gunawan Hadi Hari Hendro Imam Joko Kasmin Kuncoro "
    "Mujiono Mulyadi Ngatiman Nur Pardi Parman Priyo Rahmat Rudi Sabar Sarwono Slamet Subur Sugeng Suharno Sukardi "
    "Sumarno Supardi Sutrisno Suwito Teguh Tri Untung Wahyu Warsito Wawan Widodo Yanto Zaenal",
    "P": "Anik Aminah Ayu Dewi Dwi Endang Eni Erna Fatimah Harti Ida Indah Kasmi Kusmiati Lestari Lilik Maryati "
    "Mukaromah Murni Muryani Ngatmi Nurul Parmi Puji Ratna Rini Rukmini Sari Siti Sri Sulastri Sumarni Suparmi "
    "Suprapti Sutinah Tatik Titik Tri Tutik Umi Wahyuni Warsini Wulan Yuni Zulaikah",
    "last": "Hidayat Nugroho Prasetyo Santoso Susanto Utomo Wibowo Raharjo Setiawan Kurniawan Purnomo Hartono "
    "Wijayanto Saputro Handoko Cahyono Mustofa Anwar Rosyid Kholil Basuki Riyanto Suryadi Kusuma Wicaksono",
    "last_p": "Hidayati Handayani Rahayu Lestari Wahyuningsih Setyowati Purwanti Astuti Kusumawati Ningsih "
    "Rahmawati Susanti Widyastuti Hartati Mulyani Fitriani Khasanah Utami Puspitasari Damayanti Solikhah",
}
_BORNEO = {
    "L": "Agustinus Andreas Antonius Bonifasius Damianus Dominikus Eduardus Fransiskus Heronimus Hilarius Ignasius "
    "Kornelius Kristoforus Laurensius Lukas Markus Martinus Paulus Petrus Stefanus Thomas Valentinus Yohanes Yosep "
    "Abang Ade Uray Syarif Hendra Iskandar Jamaludin Kamarudin Mulyadi Rusdi Sopian Zulkifli",
    "P": "Agata Anastasia Bernadeta Cicilia Elisabet Emiliana Fransiska Katarina Kristina Lusia Magdalena Margareta "
    "Marselina Martina Natalia Paulina Regina Rosalia Susana Theresia Veronika Yuliana Yustina Dayang Halimah Nuraini "
    "Rabiatul Salbiah Syarifah Uray Zubaidah",
    "last": "Akim Ambau Anyang Apui Asan Bangau Bujang Damus Dinggu Dungkin Encau Gani Ijau Jampung Jarau Kasau Kenyak "
    "Limau Lunsa Mantuk Nyaring Ogai Panjau Rantau Sabang Sengkuang Simbun Sulang Tapang Tekam Ujan Usman Hamdan "
    "Sulaiman Yusuf Saputra Gunadi",
    "last_p": "Akim Ambau Anyang Apui Bangau Damus Dinggu Dungkin Encau Ijau Jarau Kasau Kenyak Lunsa Nyaring Ogai "
    "Rantau Sengkuang Simbun Sulang Tapang Ujan Hamdani Sulastri Fitriani Apriani Lestari",
}
_PAPUA = {
    "L": "Abner Absalom Agus Alex Amos Benyamin Daniel David Demianus Elieser Esau Feliks Frans Gerson Habel Hengky "
    "Isak Jhon Kaleb Korneles Lambert Markus Melkias Musa Naftali Nikodemus Obaja Origenes Penina Permenas Ruben Samuel "
    "Septinus Silas Simson Titus Willem Yafet Yance Yulianus Zeth",
    "P": "Abigael Adolfina Agustina Alfonsina Barbalina Dina Dolfina Dorkas Ester Fransina Hana Herlina Ida Juliana "
    "Karolina Lidia Magdalena Mariana Marta Mince Naomi Novela Orpa Paulina Rahel Regina Rut Salomina Sarlota Selfina "
    "Sofia Tabita Wilhelmina Yakomina Yohana Yosefina",
    "last": "Ayomi Demena Deda Epa Felle Ibo Kabey Kaigere Kalem Kaway Klemo Kreutha Marweri Mebri Modouw Monim Nere "
    "Ohee Ondi Ongge Pallo Puhiri Pulanda Sokoy Suebu Taime Tokoro Wally Waliow Yarisetouw Yaru Yoku Rumbiak Mandosir",
}
_JAVA_TITLES = ("", "", "", "", "", "", "", "", "", ", S.E.", ", S.Pd.", "H. ", "Hj. ")
PASSWORD = "lumbung padi 2026"
PHONE_BLOCK = "+628120000"


def full_name(rng: Random, style: str, sex: str) -> str:
    """A name as people of `style` (java, borneo, papua) carry it; in Java some have one name only."""
    pool = {"java": _JAVA, "borneo": _BORNEO, "papua": _PAPUA}[style]
    first = rng.choice(pool[sex].split())
    lasts = pool.get("last_p", pool["last"]) if sex == "P" else pool["last"]
    last = rng.choice(lasts.split())
    if style == "java" and rng.random() < 0.12:
        return f"{first}{rng.choice(('', 'an', 'to')) if sex == 'L' else ''}"
    name = f"{first} {last}" if last.lower() != first.lower() else first
    if style != "java":
        return name
    title = rng.choice(_JAVA_TITLES)
    if title in ("H. ", "Hj. "):
        return ("H. " if sex == "L" else "Hj. ") + name
    return name + title


@dataclass
class Identities:
    """Gives out identities, none twice."""

    today: date
    _serials: Counter[str] = field(default_factory=Counter)
    _phones: int = 0

    def nik(self, district: str, birth: date, sex: str) -> str:
        """A NIK of a dotted district code ("33.18.05"), unlike any given before."""
        day = birth.day + (40 if sex == "P" else 0)
        start = f"{district.replace('.', '')}{day:02d}{birth:%m%y}"
        self._serials[start] += 1
        return f"{start}{9000 + self._serials[start]}"

    def birth(self, rng: Random) -> date:
        """The birth date of a grown-up, 21 to 64 years old."""
        return self.today - timedelta(days=rng.randrange(21 * 365, 64 * 365))

    def phone(self) -> str:
        """The next number of the made-up block, E.164."""
        self._phones += 1
        return f"{PHONE_BLOCK}{self._phones:04d}"
